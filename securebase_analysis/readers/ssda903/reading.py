"""From a folder of returns to one table of each kind, with everything found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.readers.ssda903.code_checks import check_codes
from securebase_analysis.readers.ssda903.files import read_files
from securebase_analysis.readers.ssda903.in_order import DAY, InOrder, order_of
from securebase_analysis.readers.ssda903.latest import keep_latest
from securebase_analysis.readers.ssda903.layout import LAYOUTS
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.linkage import check_linkage
from securebase_analysis.readers.ssda903.persons import children_frame
from securebase_analysis.readers.ssda903.returns import Return, sort_returns, stacked, year_label
from securebase_analysis.readers.ssda903.rules_between_returns import check_between_returns
from securebase_analysis.readers.ssda903.rules_of_dates import check_dates
from securebase_analysis.readers.ssda903.rules_of_episodes import check_episodes, check_every_return
from securebase_analysis.readers.ssda903.rules_of_questionnaires import check_questionnaires
from securebase_analysis.readers.ssda903.shared_children import share_children
from securebase_analysis.readers.ssda903.typed_tables import TypedTable, typed_table


@dataclass(frozen=True, eq=False)
class Merged:
    """All returns of a folder as one.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        One table of each kind under our names, one row for each key; episodes in order.
    children : pandas.DataFrame
        One row a child.
    returns : pandas.DataFrame
        ``year, starts, files, rows``: one row a return, the earliest first; rows are those of episodes.
    data_freeze : Timestamp or None
        The last day on which the data were complete.
    ledger : Ledger
        Problems and repairs.
    """

    tables: Mapping[str, pd.DataFrame]
    children: pd.DataFrame
    returns: pd.DataFrame
    data_freeze: pd.Timestamp | None
    ledger: Ledger


def read_returns(folder: Path, freeze: pd.Timestamp | None = None) -> Merged:
    """Read, merge and check every return in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Files of one or of several returns, in sub-folders or not; or one file.
    freeze : Timestamp, optional
        The last day on which the data were complete.

    Returns
    -------
    Merged
        Problems that stop are in its ledger; nothing is raised but for a folder that does not exist.
    """
    ledger = Ledger()
    typed = [typed_table(raw, ledger) for raw in read_files(folder, ledger)]
    typed, ids = share_children(typed)
    returns = sort_returns(typed, ledger) if typed else []
    files = list(dict.fromkeys(table.file for one in returns for table in one.tables))
    numbers = {file: number for number, file in enumerate(files)}
    _report_no_table(typed, ledger)
    _report_lacking_tables(returns, ledger)
    for one in returns:
        for table in one.tables:
            check_codes(table, one.year, ledger)
    rows = {layout.name: stacked(returns, layout.name, numbers) for layout in LAYOUTS}
    rows = {name: frame for name, frame in rows.items() if len(frame.columns)}
    if "episodes" in rows:
        rows["episodes"] = rows["episodes"].take(order_of(rows["episodes"])).reset_index(drop=True)
    data_freeze = _freeze(freeze, returns, rows, ledger)
    children = children_frame(rows, ids, files, ledger)
    check_linkage(rows, children, files, ledger)
    tables = _merged(rows, children, data_freeze, files, ledger)
    return Merged(tables, children, _returns_frame(returns), data_freeze, ledger)


def _report_no_table(typed: list[TypedTable], ledger: Ledger) -> None:
    """A folder without a single row of a return cannot be used; unless a problem says why, say so."""
    if any(len(table.frame) for table in typed) or any(problem.severity == "stop" for problem in ledger.problems):
        return
    ledger.report(
        "SB-FILE-21",
        "stop",
        "There is no row of an SSDA903 return in the folder.",
        why="An empty return would look like an authority without children.",
        fix="Name the folder that holds the tables (episodes, header, ...).",
    )


def _report_lacking_tables(returns: list[Return], ledger: Ledger) -> None:
    """Name tables that a return lacks: episodes and header always, others where another return has them."""
    held = [{table.layout.name for table in one.tables if len(table.frame)} for one in returns]
    usual = {"episodes", "header"}.union(*held)
    for one, names in zip(returns, held):
        lacking = sorted(usual - names)
        if lacking:
            ledger.report(
                "SB-FILE-91",
                "warn" if {"episodes", "header"} & set(lacking) else "note",
                f"The return {f'of {one.label}' if one.label else 'of an unknown year'} has no "
                f"{' and no '.join(lacking)}.",
                one.tables[0].file,
                why="What rests on these tables is missing for this year and would look like change over time.",
                done="It was read without them.",
                fix="Add the tables of the same return.",
            )


def _merged(
    rows: Mapping[str, pd.DataFrame],
    children: pd.DataFrame,
    freeze: pd.Timestamp | None,
    files: list[str],
    ledger: Ledger,
) -> dict[str, pd.DataFrame]:
    """One row for each key, and the rules checked on what is left."""
    born = children["birth_date"].to_numpy().astype(DAY)
    last_day = np.datetime64("NaT" if freeze is None else freeze, "D")
    tables = {
        layout.name: keep_latest(rows[layout.name], layout, files, ledger)
        for layout in LAYOUTS
        if layout.name in rows
    }
    care = None
    if "episodes" in tables:
        every = InOrder(rows["episodes"], last_day)
        check_every_return(every, files, ledger)
        check_between_returns(rows["episodes"], files, ledger)
        nothing_replaced = tables["episodes"] is rows["episodes"]
        care = every if nothing_replaced else InOrder(tables["episodes"], last_day)
        check_episodes(care, files, ledger)
    check_dates(rows, tables, born, freeze, files, ledger)
    if "oc2" in tables:
        check_questionnaires(tables["oc2"], born, care, files, ledger)
    return tables


def _freeze(
    given: pd.Timestamp | None, returns: list[Return], rows: Mapping[str, pd.DataFrame], ledger: Ledger
) -> pd.Timestamp | None:
    """The data freeze: given, else the 31 March that closes the latest return, else the latest date seen."""
    if given is not None:
        return given
    years = [one.year for one in returns if one.year is not None]
    if years:
        freeze = pd.Timestamp(max(years) + 1, 3, 31)
        why = f"A return is complete up to the last day of its year ({year_label(max(years))})."
    else:
        dates = [rows["episodes"][name].max() for name in ("start", "end")] if "episodes" in rows else []
        seen = [date for date in dates if not pd.isna(date)]
        if not seen:
            return None
        freeze, why = max(seen), "No year of a return is known; it is the latest date seen."
    ledger.report(
        "SB-PLACE-44",
        "note",
        f"No data freeze was given; {freeze:%Y-%m-%d} was taken.",
        why=why,
        done="Episodes without an end last until then.",
        fix=f"freeze='{freeze:%Y-%m-%d}'",
    )
    return freeze


def _returns_frame(returns: list[Return]) -> pd.DataFrame:
    """One row a return."""
    records = [
        (
            one.label,
            pd.NaT if one.year is None else pd.Timestamp(one.year, 4, 1),
            len(one.tables),
            sum(len(table.frame) for table in one.tables if table.layout.name == "episodes"),
        )
        for one in returns
    ]
    return pd.DataFrame(records, columns=["year", "starts", "files", "rows"])
