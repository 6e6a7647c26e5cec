"""Whether every child is the same in all tables, and whether nobody stands under two ids; nothing is matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from securebase_analysis.readers.look_alikes import alike
from securebase_analysis.readers.ssda903.by_file import rows_by_file
from securebase_analysis.readers.ssda903.in_order import DAY
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.results.wording import count as n_of

Tables = Mapping[str, pd.DataFrame]
NO_UPN = r"UN[1-9]"


def check_linkage(tables: Tables, children: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """Name children without a header or without episodes, and ids that may mean one child.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        All rows of all returns; the column ``child`` of each counts in `children`.
    children : pandas.DataFrame
        One row a child.
    files : sequence of str
        File names by number.
    ledger : Ledger
        Takes the problems.
    """
    ids = pd.Index(children["child"])
    _report_without_header(tables, ids, files, ledger)
    _report_without_episodes(tables, ids, files, ledger)
    _report_alike(tables, ids, files, ledger)
    _report_one_child_twice(tables, children, files, ledger)


def _rows_of(
    tables: Tables, flags: np.ndarray, files: Sequence[str], names: Sequence[str] | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """File and rows of the children that are flagged, table by table."""
    flagged = np.append(flags, False)
    for table, frame in tables.items():
        if names is not None and table not in names:
            continue
        wrong = flagged[frame["child"].cat.codes.to_numpy()]
        for number, rows in rows_by_file(frame, wrong):
            yield files[number], rows


def _seen_in(tables: Tables, name: str, n: int) -> np.ndarray:
    """Which children have a row in a table."""
    seen = np.zeros(n, dtype=bool)
    if name in tables:
        who = tables[name]["child"].cat.codes.to_numpy()
        seen[who[who >= 0]] = True
    return seen


def _report_without_header(tables: Tables, ids: pd.Index, files: Sequence[str], ledger: Ledger) -> None:
    """Rows of children without a header, and ids that fit one only without zeros in front."""
    known = _seen_in(tables, "header", len(ids))
    if known.all():
        return
    for file, rows in _rows_of(tables, ~known, files, [name for name in tables if name != "header"]):
        ledger.report(
            "SB-ID-05",
            "warn",
            f"{n_of(len(rows), 'row is', 'rows are')} of children without a header.",
            file,
            "CHILD",
            rows,
            why="Their sex and ethnicity are not known, and their birth date only from other tables.",
            done="They were kept; the children stand in `children` with what is known.",
            fix="Add the header of the same return.",
        )
    padded = ~known & ids.str.lstrip("0").isin(ids[known].str.lstrip("0"))
    for file, rows in _rows_of(tables, np.asarray(padded, dtype=bool), files):
        ledger.report(
            "SB-ID-04",
            "warn",
            f"{n_of(len(rows), 'row')} of ids that would have a header without zeros in front.",
            file,
            "CHILD",
            rows,
            why="As they stand, one child may count as two.",
            done="Nothing was matched.",
            fix="Write the ids in the same way in all tables (as text, with their zeros).",
        )


def _report_without_episodes(tables: Tables, ids: pd.Index, files: Sequence[str], ledger: Ledger) -> None:
    """Headers of children without an episode; usual only for those whom OC3 is about."""
    lacking = _seen_in(tables, "header", len(ids)) & ~_seen_in(tables, "episodes", len(ids))
    lacking &= ~_seen_in(tables, "oc3", len(ids))
    if "episodes" not in tables or not lacking.any():
        return
    for file, rows in _rows_of(tables, lacking, files, ["header"]):
        ledger.report(
            "SB-ID-05",
            "note",
            f"{n_of(len(rows), 'child', 'children')} with a header and without an episode.",
            file,
            "CHILD",
            rows,
            why="They are in no count of placements.",
            done="They stand in `children`.",
            fix="Look for their episodes in the source.",
        )


def _report_alike(tables: Tables, ids: pd.Index, files: Sequence[str], ledger: Ledger) -> None:
    """Ids that differ only by signs that look alike."""
    suspect = alike(ids)
    if not suspect.any():
        return
    for file, rows in _rows_of(tables, suspect, files):
        ledger.report(
            "SB-ID-06",
            "warn",
            f"{n_of(len(rows), 'row')} of ids that differ from another one only by signs that look alike (O and "
            "0, I and 1, case, other alphabets).",
            file,
            "CHILD",
            rows,
            why="One child under two ids looks like two children.",
            done="They were kept apart.",
            fix="If they are the same child, correct the ids in these rows.",
        )


def _report_one_child_twice(tables: Tables, children: pd.DataFrame, files: Sequence[str], ledger: Ledger) -> None:
    """Children with one pupil number, or with one birth date and sex who began on one day in one place."""
    pupil = children["upn"].where(~children["upn"].str.fullmatch(NO_UPN).fillna(True))
    same_pupil = pupil.notna() & pupil.duplicated(keep=False)
    same = same_pupil.to_numpy() | _same_beginning(tables, children)
    for file, rows in _rows_of(tables, same, files, ["header"]):
        ledger.report(
            "SB-ID-08",
            "warn",
            f"{n_of(len(rows), 'row')} of children with the pupil number of another, or with the birth date, sex "
            "and first placement of another.",
            file,
            "CHILD",
            rows,
            why="Twins, or one child under two ids, who would count twice.",
            done="They were kept apart.",
            fix="If they are the same child, use one id.",
        )


def _same_beginning(tables: Tables, children: pd.DataFrame) -> np.ndarray:
    """Children of one birth date and sex whose first episode began on one day in one known place."""
    nobody = np.zeros(len(children), dtype=bool)
    if "episodes" not in tables or not children["birth_date"].notna().any():
        return nobody
    episodes = tables["episodes"]
    child, start = episodes["child"].cat.codes.to_numpy(), episodes["start"].to_numpy().astype(DAY)
    usable = np.flatnonzero((child >= 0) & ~np.isnat(start))
    if not len(usable):
        return nobody
    order = usable[np.lexsort((start[usable], child[usable]))]
    first = order[np.append(True, np.diff(child[order]) != 0)]
    who = child[first]
    facts = pd.DataFrame(
        {
            "born": children["birth_date"].to_numpy()[who],
            "sex": children["sex"].array[who],
            "start": start[first],
            "place": episodes["place"].cat.codes.to_numpy()[first],
            "postcode": episodes["pl_post"].cat.codes.to_numpy()[first],
            "urn": episodes["urn"].cat.codes.to_numpy()[first],
        }
    )
    known = facts["born"].notna() & (facts["place"] >= 0) & ((facts["postcode"] >= 0) | (facts["urn"] >= 0))
    nobody[who[(facts.duplicated(keep=False) & known).to_numpy()]] = True
    return nobody
