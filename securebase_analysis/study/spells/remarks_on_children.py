"""What is said about the children of a bare table: one child under two ids, two children under one, ids unlinked.

A study and a return were checked when they were read.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.look_alikes import alike
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.schema import TABLES
from securebase_analysis.study.spells.births import names_of
from securebase_analysis.study.spells.columns import find_columns
from securebase_analysis.study.spells.door import REPEATED, Door
from securebase_analysis.study.spells.rows_told import rows_told
from securebase_analysis.study.spells.timeline import NEVER, is_new

TABLE = "placements"
SIBLINGS = ("sibling_group", *TABLES["children"]["sibling_group"].aliases)


def remarks_on_children(door: Door, children: pd.DataFrame | None) -> Iterator[Problem]:
    """Cases 22 to 27, 29 and 31 of a bare table."""
    yield from _repeated_rows(door)
    yield from _two_sites(door)
    yield from _ids(door)
    if children is not None:
        yield from _unlinked(door, children)
    groups = _sibling_groups(door, children)
    yield from _one_child_twice(door, groups)
    yield from _siblings_apart(door, groups)


def _repeated_rows(door: Door) -> Iterator[Problem]:
    """Cases 22 and 23: a row twice, and two rows of one child and day that differ."""
    again = door.aside == REPEATED
    if again.any():
        yield Problem(
            "SB-ID-01",
            "warn",
            f"{n_of(int(again.sum()), 'row says', 'rows say')} exactly what another row says.",
            TABLE,
            door.columns.child,
            rows_told(again),
            "Counted twice, one placement would be two.",
            "They stand in history.set_aside.",
            "table.drop_duplicates()",
        )
    rows = door.rows
    same = ~is_new(rows.child)
    same[1:] &= rows.start[1:] == rows.start[:-1]
    both = same | np.append(same[1:], False)[: len(same)]
    if same.any():
        yield Problem(
            "SB-ID-02",
            "warn",
            f"{n_of(int(both.sum()), 'row')} of a child that begin on one day and differ.",
            TABLE,
            door.columns.start,
            rows_told(rows.source[both]),
            "Only one of them may be right.",
            "None was chosen; they are treated as two placements at once.",
            "Keep the row that is right.",
        )


def _two_sites(door: Door) -> Iterator[Problem]:
    """Case 24: one id in two sites is two children."""
    if not door.columns.site:
        return
    names = names_of(door.table, door.columns, by_site=True)
    pairs = names.drop_duplicates()
    several = pairs.loc[pairs.duplicated("child", keep=False), "child"].unique()
    wrong = (names["child"].isin(several) & door.table[door.columns.child].notna()).to_numpy(dtype=bool)
    if wrong.any():
        yield Problem(
            "SB-ID-03",
            "note",
            f"{n_of(len(several), 'id occurs', 'ids occur')} in more than one site.",
            TABLE,
            door.columns.child,
            rows_told(wrong),
            "Without the site they would be one child.",
            "Site and id together tell children apart.",
            "Nothing to do if the sites gave their ids separately.",
        )


def _ids(door: Door) -> Iterator[Problem]:
    """Cases 25 and 27: ids that differ in zeros in front, in form, or in signs that look alike."""
    column = door.table[door.columns.child]
    firsts = door.rows.source[is_new(door.rows.child)]
    ids = pd.Index(column.take(firsts).astype("str").unique())
    number, look = _as_number(ids).duplicated(keep=False).to_numpy(), alike(ids)
    kinds = column.dropna().map(type).nunique() if column.dtype == object else 1
    if not number.any() and not look.any() and kinds == 1:
        return
    texts = column.astype("str")
    padded = texts.isin(ids[number]).to_numpy(dtype=bool)
    if padded.any() or kinds > 1:
        yield Problem(
            "SB-ID-04",
            "warn",
            f"{n_of(int(padded.sum()), 'row')} of ids that are equal without zeros in front or as numbers"
            f"{'; the column holds texts and numbers' if kinds > 1 else ''}.",
            TABLE,
            door.columns.child,
            rows_told(padded),
            "One child may count as two.",
            "They were kept apart.",
            'table["child"] = table["child"].astype("str"), written in one way',
        )
    wrong = texts.isin(ids[look]).to_numpy(dtype=bool)
    if wrong.any():
        yield Problem(
            "SB-ID-06",
            "warn",
            f"{n_of(int(wrong.sum()), 'row')} of ids that differ from another one only by signs that look alike "
            "(O and 0, I and 1, case, blanks, other alphabets).",
            TABLE,
            door.columns.child,
            rows_told(wrong),
            "One child under two ids looks like two children.",
            "They were kept apart.",
            "If they are the same child, correct the ids in these rows.",
        )


def _as_number(ids: pd.Index) -> pd.Series:
    """Ids without zeros in front and without a point behind."""
    return pd.Series(ids, dtype="str").str.strip().str.replace(r"\.0+$", "", regex=True).str.lstrip("0")


def _unlinked(door: Door, children: pd.DataFrame) -> Iterator[Problem]:
    """Case 26: children without a row in the table of children, and the reverse."""
    theirs = find_columns(children.columns)
    if theirs.child not in children:
        return
    by_site = bool(door.columns.site and theirs.site)
    mine, known = names_of(door.table, door.columns, by_site), names_of(children, theirs, by_site)
    mine_key, known_key = pd.MultiIndex.from_frame(mine), pd.MultiIndex.from_frame(known)
    lacking = ~mine_key.isin(known_key) & door.table[door.columns.child].notna().to_numpy()
    if lacking.any():
        strange, listed = (_as_number(pd.Index(part["child"].unique())) for part in (mine[lacking], known))
        fits = int(strange.isin(listed).sum())
        hint = f" {n_of(fits, 'id fits', 'ids fit')} without zeros in front." if fits else ""
        yield Problem(
            "SB-ID-05",
            "warn",
            f"{n_of(int(lacking.sum()), 'row')} of children who are not in the table of children.{hint}",
            TABLE,
            door.columns.child,
            rows_told(lacking),
            "Their ages are not known.",
            "They were kept.",
            "Write the ids in the same way in both tables, or add the children.",
        )
    without = ~known_key.isin(mine_key)
    if without.any():
        yield Problem(
            "SB-ID-05",
            "note",
            f"{n_of(int(without.sum()), 'child', 'children')} without a placement.",
            "children",
            theirs.child,
            rows_told(without),
            "They are in no count.",
            "Nothing was changed.",
            "Look for their placements.",
        )


def _sibling_groups(door: Door, children: pd.DataFrame | None) -> pd.Series:
    """The sibling group of each row in order; missing where none is given."""
    sources = door.rows.source
    name = _sibling_column(door.table)
    if name:
        return door.table[name].take(sources).reset_index(drop=True)
    name = "" if children is None else _sibling_column(children)
    theirs = find_columns([] if children is None else children.columns)
    if children is None or not name or theirs.child not in children:
        return pd.Series(pd.NA, index=range(len(sources)), dtype="object")
    groups = children.drop_duplicates(theirs.child).set_index(theirs.child)[name]
    groups.index = groups.index.astype("str")
    return door.table[door.columns.child].take(sources).astype("str").map(groups).reset_index(drop=True)


def _sibling_column(table: pd.DataFrame) -> str:
    """The column of sibling groups; empty where there is none."""
    return next((str(name) for name in table if str(name).casefold() in SIBLINGS), "")


def _one_child_twice(door: Door, groups: pd.Series) -> Iterator[Problem]:
    """Case 29: two ids with the same birth date, carer and start."""
    rows = door.rows
    first = np.flatnonzero(is_new(rows.child))
    if door.columns.coded:
        place = [
            door.texts(name)[0][rows.source]
            for name in (door.columns.type, door.columns.urn, door.columns.postcode)
        ]
        known = (place[0] >= 0) & ((place[1] >= 0) | (place[2] >= 0))
    else:
        place, known = [rows.carer], np.ones(len(rows), dtype=bool)
    born = door.births[rows.child]
    facts = pd.DataFrame({"born": born, "start": rows.start, **{str(at): part for at, part in enumerate(place)}})
    same = facts.iloc[first].duplicated(keep=False).to_numpy() & known[first] & (born[first] > NEVER)
    same &= groups.iloc[first].isna().to_numpy()
    if same.any():
        yield Problem(
            "SB-ID-08",
            "warn",
            f"{n_of(int(same.sum()), 'child has', 'children have')} the birth date, carer and start of another.",
            TABLE,
            door.columns.child,
            rows_told(rows.source[first[same]]),
            "Twins, siblings, or one child under two ids, who would count twice.",
            "They were kept apart.",
            "Twins: give them one sibling_group. The same child: use one id.",
        )


def _siblings_apart(door: Door, groups: pd.Series) -> Iterator[Problem]:
    """Case 31: a sibling group whose children began with different carers."""
    if door.columns.coded or groups.isna().all():
        return
    first = np.flatnonzero(is_new(door.rows.child))
    began = pd.DataFrame({"group": groups.iloc[first].to_numpy(), "carer": door.rows.carer[first]}).dropna()
    carers = began.groupby("group")["carer"].transform("nunique")
    apart = first[began.index[carers > 1]]
    if len(apart):
        yield Problem(
            "SB-ID-10",
            "warn",
            f"{n_of(began.loc[carers > 1, 'group'].nunique(), 'sibling group')} with children who began with "
            "different carers.",
            TABLE,
            "sibling_group",
            rows_told(door.rows.source[apart]),
            "Siblings placed apart, or children of different families under one group.",
            "Children are nested in carers, not in sibling groups.",
            "Children who are not siblings need groups of their own.",
        )
