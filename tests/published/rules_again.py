"""What rules add to published numbers, computed again from the cells of a file with plain arithmetic.

A second hand on purpose: no pandas, no scipy, nothing of the code under test. Rows are dictionaries of text.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from curves_again import growth_course, incidence_curves, mean_events

Z95 = NormalDist().inv_cdf(0.975)


def number(cell):
    return float(cell) if cell.strip() else math.nan


def with_cells(row, **computed):
    return row | {name: "" if math.isnan(value) else repr(value) for name, value in computed.items()}


def mean_interval(rows, mean, sd, n):
    for row in rows:
        half = Z95 * number(row[sd]) / math.sqrt(number(row[n]))
        yield with_cells(row, low=number(row[mean]) - half, high=number(row[mean]) + half)


def ratio_interval(rows, ratio, std_error):
    for row in rows:
        middle, error = math.log(number(row[ratio])), number(row[std_error]) / number(row[ratio])
        yield with_cells(row, low=math.exp(middle - Z95 * error), high=math.exp(middle + Z95 * error))


def share_interval(rows, percent, n):
    """The roots p of (share − p)² = z² p (1 − p) / n, which is what Wilson's interval is."""
    for row in rows:
        share, size = number(row[percent]) / 100, number(row[n])
        a, b, c = 1 + Z95**2 / size, -(2 * share + Z95**2 / size), share**2
        root = math.sqrt(b * b - 4 * a * c) if not math.isnan(size) else math.nan
        yield with_cells(row, low=100 * (-b - root) / (2 * a), high=100 * (-b + root) / (2 * a))


def correlation_interval(rows, r, n):
    """Fisher's z written out: z = ½ log((1 + r) / (1 − r))."""
    for row in rows:
        z = 0.5 * math.log((1 + number(row[r])) / (1 - number(row[r])))
        ends = [z - Z95 / math.sqrt(number(row[n]) - 3), z + Z95 / math.sqrt(number(row[n]) - 3)]
        low, high = ((math.exp(2 * end) - 1) / (math.exp(2 * end) + 1) for end in ends)
        yield with_cells(row, low=low, high=high)


def plain_share(rows, part, whole, to):
    for row in rows:
        printed = number(row.get(to, ""))
        yield with_cells(
            row, **{to: 100 * number(row[part]) / number(row[whole]) if math.isnan(printed) else printed}
        )


def remainder(rows, percent, of, value, to):
    for row in rows:
        yield with_cells(row, **{to: 100 - number(row[percent]) if row[of] == value else number(row[percent])})


def share_of_all(rows, count, to):
    rows = list(rows)
    total = sum(number(row[count]) for row in rows)
    for row in rows:
        yield with_cells(row, **{to: 100 * number(row[count]) / total})


def constant_hazards(rows, outcome, count, years, open):
    """The share of the hazard that is this way's, times the share that has left in any way."""
    rows = list(rows)
    total = sum(number(row[count]) for row in rows)
    still = sum(number(row[count]) for row in rows if row[outcome] == open)
    length = number(rows[0][years])
    hazard = -math.log(still / total) / length
    for row in rows:
        if row[outcome] == open:
            continue
        own = hazard * number(row[count]) / (total - still)
        for step in range(49):
            at = length * step / 48
            yield {
                "years": repr(at),
                "outcome": row[outcome],
                "percent": repr(100 * own / hazard * -math.expm1(-hazard * at)),
            }


RULES = {
    rule.__name__: rule
    for rule in (
        mean_interval,
        ratio_interval,
        share_interval,
        correlation_interval,
        plain_share,
        remainder,
        share_of_all,
        constant_hazards,
        growth_course,
        mean_events,
        incidence_curves,
    )
}


def derived(rows, steps):
    """The rows after each rule in turn; what a verb fits is compared with what is printed, see ``artists``."""
    for step in steps:
        if step["rule"] == "printed_and_ours":
            return rows
        options = {name: value for name, value in step.items() if name != "rule"}
        rows = list(RULES[step["rule"]](rows, **options))
    return rows
