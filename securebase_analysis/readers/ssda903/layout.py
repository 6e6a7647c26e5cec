"""The tables of the SSDA903 return as data: which columns they have, how cells are read, what tells rows apart.

Nothing else names the columns of a return. Columns carry the return's own names in capitals while a file is read
and ours afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["child", "date", "part_date", "code", "score", "text"]


@dataclass(frozen=True)
class Field:
    """One column of a table of the return.

    Attributes
    ----------
    name : str
        As the return calls it.
    column : str
        As we call it.
    kind : {"child", "date", "part_date", "code", "score", "text"}
        How its cells are read.
    codes : str
        Of a code: the name of its code set; that of the column when empty.
    earliest : str
        Of a date: anything before it is taken for a slip of the pen.
    derived : bool
        Whether the department adds the column to what an authority sends; it may be absent.
    """

    name: str
    column: str
    kind: Kind
    codes: str = ""
    earliest: str = "1950-01-01"
    derived: bool = False

    @property
    def code_set(self) -> str:
        """The name of the code set of the column."""
        return self.codes or self.name


@dataclass(frozen=True)
class Layout:
    """One table of the return.

    Attributes
    ----------
    name : str
        Ours.
    fields : tuple of Field
        Its columns.
    key : tuple of str
        Our columns that tell its rows apart; of rows with one key those of the latest return are kept.
    words : tuple of str
        Parts of file names that point to it, without blanks and signs.
    by_year : bool
        Whether a row is about the year of the return, so that the same key in two years is two rows.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    words: tuple[str, ...]
    by_year: bool = False

    @property
    def distinctive(self) -> frozenset[str]:
        """Columns that show which table a file holds."""
        return frozenset(field.name for field in self.fields) - {"CHILD", "DOB", "SEX"}

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which no row can be used: whose it is and, of an episode, when it began."""
        return ("CHILD", "DECOM") if self.name == "episodes" else ("CHILD",)


CHILD = Field("CHILD", "child", "child")
BIRTH = Field("DOB", "birth_date", "date")


def _flags(names: str) -> tuple[Field, ...]:
    """Columns of 0 and 1."""
    return tuple(Field(name, name.lower(), "code", "FLAG") for name in names.split())


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "header",
        (
            CHILD,
            Field("SEX", "sex", "code"),
            BIRTH,
            Field("ETHNIC", "ethnic", "code"),
            Field("UPN", "upn", "text"),
            Field("MOTHER", "mother", "code", "FLAG"),
            Field("MC_DOB", "first_child_birth_date", "date"),
        ),
        key=("child",),
        words=("header",),
    ),
    Layout(
        "episodes",
        (
            CHILD,
            Field("DECOM", "start", "date"),
            Field("RNE", "rne", "code"),
            Field("LS", "ls", "code"),
            Field("CIN", "cin", "code"),
            Field("PLACE", "place", "code"),
            Field("PLACE_PROVIDER", "place_provider", "code"),
            Field("DEC", "end", "date"),
            Field("REC", "rec", "code"),
            Field("REASON_PLACE_CHANGE", "reason_place_change", "code"),
            Field("HOME_POST", "home_post", "text"),
            Field("PL_POST", "pl_post", "text"),
            Field("URN", "urn", "text"),
            Field("PL_LA", "pl_la", "text", derived=True),
            Field("PL_LOCATION", "pl_location", "text", derived=True),
            Field("PL_DISTANCE", "pl_distance", "text", derived=True),
        ),
        key=("child", "start"),
        words=("episodes", "episode"),
    ),
    Layout(
        "reviews",
        (CHILD, BIRTH, Field("REVIEW", "date", "date"), Field("REVIEW_CODE", "review_code", "code")),
        key=("child", "date"),
        words=("reviews", "review"),
    ),
    Layout(
        "uasc",
        (CHILD, Field("SEX", "sex", "code"), BIRTH, Field("DUC", "status_ceased", "date")),
        key=("child",),
        words=("uasc",),
    ),
    Layout(
        "oc2",
        (
            CHILD,
            BIRTH,
            Field("SDQ_SCORE", "sdq_score", "score"),
            Field("SDQ_REASON", "sdq_reason", "code"),
            *_flags(
                "CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT SUBSTANCE_MISUSE "
                "INTERVENTION_RECEIVED INTERVENTION_OFFERED"
            ),
        ),
        key=("child",),
        words=("oc2",),
        by_year=True,
    ),
    Layout(
        "oc3",
        (
            CHILD,
            BIRTH,
            Field("IN_TOUCH", "in_touch", "code"),
            Field("ACTIV", "activ", "code"),
            Field("ACCOM", "accom", "code"),
        ),
        key=("child",),
        words=("oc3",),
        by_year=True,
    ),
    Layout(
        "adoption",
        (
            CHILD,
            BIRTH,
            Field("DATE_INT", "decided", "date"),
            Field("DATE_MATCH", "matched", "date"),
            Field("FOSTER_CARE", "foster_care", "code", "FLAG"),
            Field("NB_ADOPTR", "nb_adoptr", "code"),
            Field("SEX_ADOPTR", "sex_adoptr", "code"),
            Field("LS_ADOPTR", "ls_adoptr", "code"),
        ),
        key=("child",),
        words=("ad1", "adoption"),
    ),
    Layout(
        "placed_for_adoption",
        (
            CHILD,
            BIRTH,
            Field("DATE_PLACED", "start", "date"),
            Field("DATE_PLACED_CEASED", "end", "date"),
            Field("REASON_PLACED_CEASED", "reason_placed_ceased", "code"),
        ),
        key=("child", "start"),
        words=("placedforadoption", "shouldbeplacedforadoption", "shouldbeplaced", "placedadoption", "adplaced"),
    ),
    Layout(
        "previous_permanence",
        (
            CHILD,
            BIRTH,
            Field("PREV_PERM", "prev_perm", "code"),
            Field("LA_PERM", "la_perm", "text"),
            Field("DATE_PERM", "date", "part_date"),
        ),
        key=("child",),
        words=("previouspermanence", "prevperm", "permanence"),
    ),
    Layout(
        "missing",
        (
            CHILD,
            BIRTH,
            Field("MISSING", "missing", "code"),
            Field("MIS_START", "start", "date"),
            Field("MIS_END", "end", "date"),
        ),
        key=("child", "start"),
        words=("missing",),
    ),
    Layout(
        "social_workers",
        (
            CHILD,
            BIRTH,
            Field("SW_ID", "social_worker", "text"),
            Field("SW_DECOM", "start", "date"),
            Field("SW_DEC", "end", "date"),
            Field("SW_REASON", "sw_reason", "code"),
        ),
        key=("child", "social_worker", "start"),
        words=("swepisodes", "swepisode", "socialworker", "socialworkers"),
    ),
    Layout(
        "deprivation_of_liberty",
        (CHILD, BIRTH, Field("DOLO_START", "start", "date"), Field("DOLO_END", "end", "date")),
        key=("child", "start"),
        words=("dolo", "deprivationofliberty"),
    ),
)
"""Source: the department's guides to the collection and the published schemas for 2016/17 to 2023/24; social
workers from 2023/24, deprivation of liberty orders from 2026/27."""

BY_NAME: dict[str, Layout] = {layout.name: layout for layout in LAYOUTS}
ALL_NAMES: frozenset[str] = frozenset(field.name for layout in LAYOUTS for field in layout.fields)
OTHER_NAMES: dict[str, str] = {"PL": "PLACE", "CHILDID": "CHILD", "CHILDCODE": "CHILD", "ETHNICITY": "ETHNIC"}
"""Names of columns that mean one of the return's: the XML form says PL and CHILDID."""
_PLAIN: dict[str, str] = {name.replace("_", ""): name for name in ALL_NAMES} | OTHER_NAMES


def column_name(cell: str) -> str:
    """The return's name for a header cell in any case, with blanks or without underscores; itself when unknown.

    Examples
    --------
    >>> column_name(" Place provider "), column_name("Child ID"), column_name("notes")
    ('PLACE_PROVIDER', 'CHILD', 'notes')
    """
    plain = re.sub(r"[\W_]+", "", cell).upper()
    return _PLAIN.get(plain, cell.strip().strip("\ufeff\"'").strip())


def plain_word(text: str) -> str:
    """Letters and digits alone, in lower case; so are words in file names compared."""
    return re.sub(r"[\W_]+", "", text).lower()


def layout_of_name(name: str) -> Layout | None:
    """The table that a file or sheet name speaks of; the longest word decides.

    Examples
    --------
    >>> layout_of_name("2017-placed_for_adoption.csv").name, layout_of_name("SW_Episodes 2024.csv").name
    ('placed_for_adoption', 'social_workers')
    """
    plain = plain_word(name)
    found = [(len(word), layout) for layout in LAYOUTS for word in layout.words if word in plain]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def layout_of_columns(names: list[str]) -> Layout | None:
    """The table whose columns these are; None when none of them belongs to one table alone."""
    present = set(names)
    counts = [(len(layout.distinctive & present), layout) for layout in LAYOUTS]
    best = max(count for count, _ in counts)
    return next((layout for count, layout in counts if count == best), None) if best else None
