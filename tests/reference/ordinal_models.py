"""Rows of lavaan's parameter tables as ordinal structures of ours."""

import numpy as np

from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.ordinal_structure import OrdinalStructure


def structures(case):
    """One structure for each group, and the row of the table that each parameter has first."""
    names = [*case["observed_names"], *case["latent_names"]]
    place, p = {name: number for number, name in enumerate(names)}, len(case["observed_names"])
    delta = case.get("parameterization", "delta") == "delta"
    groups = sorted({row["group"] for row in case["rows"]})
    keys, first, out = {}, [], []
    for number, row in enumerate(case["rows"]):
        if row["key"] and row["key"] not in keys:
            keys[row["key"]] = len(keys)
            first.append(number)
    for group in groups:
        rows = [row for row in case["rows"] if row["group"] == group]
        thresholds = [
            np.zeros(len([row for row in rows if row["op"] == "|" and row["lhs"] == name])) for name in names[:p]
        ]
        fixed, entries, of_thresholds, scales = np.zeros((3, len(names), len(names))), [], [], []
        scale = np.ones(p)
        for row in rows:
            i, key = place[row["lhs"]], keys.get(row["key"])
            if row["op"] == "|":
                step = int(row["rhs"][1:]) - 1
                if key is None:
                    thresholds[i][step] = row["est"]
                else:
                    of_thresholds.append((i, step, key))
            elif row["op"] == "~*~":
                if delta and key is not None:
                    scales.append((i, key))
                elif delta:
                    scale[i] = row["est"]
            elif not (delta and row["op"] == "~~" and row["lhs"] == row["rhs"] and i < p and len(thresholds[i])):
                matrix, r, c = _cell(row, place)
                if key is None:
                    fixed[matrix, r, c] = row["est"]
                    if matrix == COVARIANCE:
                        fixed[matrix, c, r] = row["est"]
                else:
                    entries.append((matrix, r, c, key))
        out.append(
            OrdinalStructure(
                Structure(p, fixed, np.array(entries).reshape(-1, 4)),
                tuple(thresholds),
                np.array(of_thresholds).reshape(-1, 3),
                "delta" if delta else "theta",
                scale,
                np.array(scales, dtype=int).reshape(-1, 2),
            )
        )
    return out, np.array(first)


def cell(row, names):
    """Matrix, row and column of a line of lavaan's."""
    return _cell(row, {name: number for number, name in enumerate(names)})


def _cell(row, place):
    left, right = place[row["lhs"]], place.get(row["rhs"], 0)
    if row["op"] == "=~":
        return EFFECT, right, left
    return {"~": (EFFECT, left, right), "~~": (COVARIANCE, left, right), "~1": (MEAN, left, 0)}[row["op"]]
