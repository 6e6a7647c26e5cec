"""What rules add to published numbers, computed again from the cells of a file with plain arithmetic.

A second hand on purpose: no pandas, no scipy, nothing of the code under test. Rows are dictionaries of text.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist

R = json.loads((Path(__file__).parents[1] / "reference" / "published_methods.json").read_text("utf-8"))
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


def growth_course(rows, formula, time, outcome, group, random, printed):
    """Observed courses as they stand; the fitted mean from R's own estimates, in ``reference``."""
    line = {}
    for row in rows:
        number_of = line.setdefault(row[group], len(line) + 1)
        yield {"kind": "observed", "line": str(number_of), "x": row[time], "y": row[outcome]}
    times = sorted({float(row[time]) for row in rows})
    for kind, (first, slope) in (("ours", R["sleepstudy"]["estimate"]), ("printed", printed)):
        yield from ({"kind": kind, "line": "0", "x": repr(at), "y": repr(first + slope * at)} for at in times)


def counts(rows, stop, of_event, start=None):
    """(time, at risk, events) at each time at which a row ends; ``start < t <= stop`` is at risk."""
    for at in sorted({float(row[stop]) for row in rows}):
        here = [row for row in rows if float(row[stop]) >= at and (start is None or float(row[start]) < at)]
        yield at, len(here), sum(of_event(row) for row in here if float(row[stop]) == at)


def mean_events(rows, start, stop, event, by, names):
    """Events divided by the children under observation, added up day by day."""
    for value in sorted({row[by] for row in rows}):
        mean = 0.0
        yield {"day": "0.0", "group": names[value], "events": "0.0"}
        group = [row for row in rows if row[by] == value]
        for at, at_risk, events in counts(group, stop, lambda row: row[event] == "1", start):
            mean += events / at_risk
            yield {"day": repr(at), "group": names[value], "events": repr(mean)}


def incidence(rows, stop, cause, censored, exits):
    """(time, incidence, standard error) of each exit, by Aalen and Johansen, errors by the delta method."""
    steps, last = [], max(float(row[stop]) for row in rows)
    for at in sorted({float(row[stop]) for row in rows if row[cause] != censored}):
        here = [row for row in rows if float(row[stop]) >= at]
        now = [row[cause] for row in here if float(row[stop]) == at]
        steps.append((at, len(here), sum(one != censored for one in now), {one: now.count(one) for one in exits}))
    for one in exits:
        surviving, total, path = 1.0, 0.0, []
        for at, size, d, by_exit in steps:
            total += surviving * by_exit[one] / size
            path.append((at, size, d, by_exit[one], surviving, total))
            surviving *= 1 - d / size
        points = [(0.0, 0.0, 0.0)]
        for place, (at, *_, reached) in enumerate(path):
            variance = 0.0
            for _, size, d, own, before, then in path[: place + 1]:
                rest = reached - then
                variance += rest**2 * d / (size * (size - d)) if size > d else 0.0
                variance += before**2 * own * (size - own) / size**3 - 2 * rest * before * own / size**2
            points.append((at, reached, math.sqrt(max(variance, 0.0))))
        yield one, [*points, (last, *points[-1][1:])] if points[-1][0] < last else points


def incidence_curves(rows, stop, cause, censored, by, names, unit, until, alone=""):
    for value in sorted({row[by] for row in rows}):
        group = [row for row in rows if row[by] == value]
        exits = sorted({row[cause] for row in group} - {censored})
        curves = [(name, points) for name, points in incidence(group, stop, cause, censored, exits)]
        if alone:
            lone = [row if row[cause] == alone else row | {cause: censored} for row in group]
            curves = [("others count as exits", points) for name, points in curves if name == alone]
            curves += [
                ("others taken as censored", points)
                for _, points in incidence(lone, stop, cause, censored, [alone])
            ]
        for name, points in curves:
            kept = [point for point in points if point[0] <= until * unit]
            if points[-1][0] > until * unit:
                kept.append((until * unit, *kept[-1][1:]))
            for at, share, error in kept:
                low, high = log_log(share, error)
                cells = {"time": at / unit, "estimate": 100 * share, "low": 100 * low, "high": 100 * high}
                yield with_cells({"curve": f"{names[value]}: {name}"}, **cells)


def log_log(share, error):
    """The interval of a share whose log(−log) is taken as normal."""
    if not 0 < share < 1:
        return share, share
    spread = math.exp(Z95 * error / abs(share * math.log(share)))
    return share**spread, share ** (1 / spread)


RULES = {
    rule.__name__: rule
    for rule in (
        mean_interval,
        ratio_interval,
        share_interval,
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
