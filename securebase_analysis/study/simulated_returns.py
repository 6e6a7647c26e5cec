"""`simulate_ssda903`: returns of children who do not exist, to try things on and to teach with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.study.simulation.chance import stream
from securebase_analysis.study.simulation.returns import (
    Quantities,
    children_of,
    episodes_of,
    header_of,
    questionnaires_of,
)

FEWEST = 20
USUAL = {"n_children": 300, "first_year": 2021, "n_years": 3, "seed": 903}
"""What is drawn where nothing is said."""


def simulate_ssda903(
    n_children: int = 300, first_year: int = 2021, n_years: int = 3, seed: int = 903, faults: bool = True
) -> dict[str, pd.DataFrame]:
    """Draw SSDA903 returns of invented children over some years.

    Parameters
    ----------
    n_children : int
        Children who were in care on some day of the years.
    first_year : int
        Year in which the first return starts: 2021 is 1 April 2021 to 31 March 2022.
    n_years : int
        How many returns.
    seed : int
        The same seed gives the same returns.
    faults : bool
        Put one fault of each of some kinds into the returns, as real ones have them.

    Returns
    -------
    dict of str to pandas.DataFrame
        By file name such as ``2021-episodes.csv``: header, episodes and oc2 of every year, cells as the return
        writes them.

    Raises
    ------
    ModelError
        For fewer than 20 children, no year, or what is no whole number (SB-STUDY-60).

    Notes
    -----
    Lengths of placements, ways of leaving care, reasons for moves and the SDQ have shares that were published for
    England in 2024; how they go together is assumed, and the return of a real authority differs in all of it. The
    children are ordered by when they were drawn: their numbers say nothing.

    Examples
    --------
    >>> files = simulate_ssda903(n_children=20, n_years=2)
    >>> sorted(files)[:3]
    ['2021-episodes.csv', '2021-header.csv', '2021-oc2.csv']
    """
    for name, given in (
        ("n_children", n_children), ("first_year", first_year), ("n_years", n_years), ("seed", seed)
    ):  # fmt: skip
        if not isinstance(given, int | np.integer) or isinstance(given, bool):
            raise ModelError(
                Problem(
                    "SB-STUDY-60", "stop", f"{name}={given!r} is no whole number.", fix=f"{name}={USUAL[name]}"
                )
            )
    if n_children < FEWEST or n_years < 1:
        raise ModelError(
            Problem(
                "SB-STUDY-60",
                "stop",
                f"{n_children} children over {n_years} years are no return.",
                why=f"At least {FEWEST} children and one year are drawn.",
                fix="simulate_ssda903(n_children=300, n_years=3)",
            )
        )
    children = children_of(Quantities(n_children, first_year, n_years), seed)
    files: dict[str, pd.DataFrame] = {}
    for year in range(first_year, first_year + n_years):
        last = date(year + 1, 3, 31)
        episodes = episodes_of(children, date(year, 4, 1), last)
        files[f"{year}-episodes.csv"] = episodes
        files[f"{year}-header.csv"] = header_of(children, set(episodes["CHILD"]))
        files[f"{year}-oc2.csv"] = questionnaires_of(children, last, stream(seed, f"oc2 {year}"))
    return _with_faults(files, first_year + n_years - 1) if faults else files


def _with_faults(files: Mapping[str, pd.DataFrame], year: int) -> dict[str, pd.DataFrame]:
    """Each once: a row twice, an end before its start, a code in small letters, an unknown one, a score of 47."""
    episodes = files[f"{year}-episodes.csv"].copy()
    ended = episodes.index[episodes["DEC"].notna()]
    early, small, unknown, twice = (ended[len(ended) * part // 5] for part in range(1, 5))
    episodes.loc[early, "DEC"] = f"01/01/{year - 1}"
    episodes.loc[small, "PLACE"] = str(episodes.loc[small, "PLACE"]).lower()
    episodes.loc[unknown, "LS"] = "X9"
    episodes = pd.concat([episodes, episodes.loc[[twice]]], ignore_index=True)
    outcomes = files[f"{year}-oc2.csv"].copy()
    scored = outcomes.index[outcomes["SDQ_SCORE"].notna()]
    outcomes.loc[scored[:1], "SDQ_SCORE"] = 47
    return {**files, f"{year}-episodes.csv": episodes, f"{year}-oc2.csv": outcomes}


def write_ssda903(files: Mapping[str, pd.DataFrame], folder: str | Path) -> Path:
    """Write returns as a folder of CSV files.

    Parameters
    ----------
    files : mapping of str to pandas.DataFrame
        From `simulate_ssda903`.
    folder : str or Path
        Made when it is not there; files of the same names are replaced.

    Returns
    -------
    Path
        The folder, as `read_ssda903` takes it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(list(write_ssda903(simulate_ssda903(n_children=20, n_years=1), folder).glob("*.csv")))
    3
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in files.items():
        frame.to_csv(folder / name, index=False, lineterminator="\n")
    return folder
