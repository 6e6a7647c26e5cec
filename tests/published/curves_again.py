"""Curves and courses that models draw, computed again step by step, or taken from what R estimated.

As in `rules_again`: plain arithmetic, nothing of the code under test. Rows are dictionaries of text.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist

R = json.loads((Path(__file__).parents[1] / "reference" / "published_methods.json").read_text("utf-8"))
Z95 = NormalDist().inv_cdf(0.975)


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
                yield {"curve": f"{names[value]}: {name}"} | {column: repr(cell) for column, cell in cells.items()}


def log_log(share, error):
    """The interval of a share whose log(−log) is taken as normal."""
    if not 0 < share < 1:
        return share, share
    spread = math.exp(Z95 * error / abs(share * math.log(share)))
    return share**spread, share ** (1 / spread)
