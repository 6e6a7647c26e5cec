"""Columns of an export that say who somebody is: names, e-mail and IP addresses, telephones, places, numbers.

They are found by the heading, by the label, or by what stands in the cells, and left out before anything is made
of the table. No cell of them ever enters a message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, check_option
from securebase_analysis.readers.personal_cells import CELL_KINDS, kind_of_cells, rows_with_addresses
from securebase_analysis.results.wording import count as n_of

Personal = Literal["drop", "keep", "ask"]
PERSONAL_OPTIONS: tuple[Personal, ...] = ("drop", "keep", "ask")
FOUND_COLUMNS = ["column", "kind", "found_by", "n_cells"]
LONGEST_LABEL = 40
NAMES_SHOWN = 8

WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
ABOUT_WHOM = """
child childs children carer carers caregiver caregivers mother mothers father fathers parent parents guardian
sibling siblings sister brother teacher respondent participant recipient patient client person student pupil
contact social worker workers user your his her my the of in home work day evening number no nr main second primary
emergency school gp doctor foster birth adoptive des der empfangers kindes standorts line id full old new current
first last kontakt kind mutter vater eltern pflegemutter pflegevater enfant mere pere parents du de la le nino nina
madre padre del bambino moeder vader ouder barn mor far
"""
WHOSE = "(?:" + "|".join(dict.fromkeys(ABOUT_WHOM.split())) + r"|\d+)"
HEADINGS: tuple[tuple[str, str], ...] = (
    ("e-mail", "(?:e ?mail|mail)(?: ?(?:address|addresses|adresse))?|(?:adresse )?(?:courriel|mel)"),
    (
        "e-mail",
        "adresse (?:e ?mail|electronique)|correo(?: electronico)?|(?:posta elettronica)|e ?post(?:adress)?",
    ),
    ("IP address", "ip(?: ?(?:address|addr|adresse))?|ipaddress|ipaddr|adresse ip"),
    (
        "location",
        "(?:location |gps |geo )?(?:latitude?|longitude?|breitengrad|langengrad)|gps|geolocation|lat|lon|lng"
        "|(?:gps|geo) (?:lat|lon|lng|long)",
    ),
    ("location", "location accuracy"),
    ("name", "(?:middle |given |family |maiden |preferred |legal |nick |sur )?names?"),
    ("name", "firstname|lastname|surname|forenames?|fullname|nickname|initials|signature|childname"),
    ("name", "vorname|nachname|familienname|geburtsname|rufname|vor (?:und )?nachname"),
    ("name", "(?:pre)?noms?(?: de (?:famille|naissance))?|nombres?|apellidos?|cognome|nome"),
    ("name", "(?:voor|achter|roep)?naam|(?:for|efter|etter)?na[mv]n"),
    ("login", "username|login|(?:redcap )?survey identifier|token|refurl|referrer url"),
    ("telephone", "(?:mobile |cell |tele)?phone(?: (?:mobile|cell))?|mobile|cellphone|telefon(?:nummer)?|fax"),
    (
        "telephone",
        "tel|handy(?:nummer)?|mobil(?:nummer)?|telefoon(?:nummer)?|(?:telefono )?(?:telefono|movil|cellulare)"
        "|contact number",
    ),
    ("postcode", "post ?code|postal code|zip(?: ?code)?|plz|postleitzahl|code postal|codigo postal|postnummer"),
    (
        "address",
        "(?:street |postal |mailing )?address(?:es)?|street|strasse|anschrift|adresse|wohnort|wohnadresse",
    ),
    ("address", "adresse postale|rue|domicile|direccion|domicilio|calle|indirizzo|adres|woonplaats|gatuadress"),
    ("number of a person", "nhs|nhsno|upn|ssn|mrn|national insurance|nino|social security|passport|uln"),
    (
        "number of a person",
        "bsn|cpr|ahv(?: ?nummer)?|person ?nummer|fodselsnummer|dni|nir|numero de securite sociale",
    ),
)
"""Of what a column holds, and its headings in English, German, French, Spanish, Italian, Dutch and Nordic
languages, without their accents."""
PATTERNS = tuple((kind, re.compile(f"(?:{WHOSE} )*(?:{words})(?: {WHOSE})*")) for kind, words in HEADINGS)
PLAIN_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ł": "l", "Ł": "L"})
ANSWERS = re.compile(r"\d{1,2}(?:\.0)?|yes|no|true|false|ja|nein|checked|unchecked", re.IGNORECASE)
"""Cells of a question about, not of: whether there is a telephone, how many addresses."""


def personal_columns(
    frame: pd.DataFrame, labels: Mapping[str, str] | None = None, declared: Collection[str] = ()
) -> pd.DataFrame:
    """Find the columns that say who somebody is.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells as the file holds them.
    labels : mapping of str to str, optional
        Column to label or text of the question; only short ones count as a heading.
    declared : collection of str
        Columns that the file itself declares to be identifiers, as the dictionary of REDCap does.

    Returns
    -------
    pandas.DataFrame
        ``column, kind, found_by`` (heading, label, cells, declared), ``n_cells`` (cells that are filled); a row
        for each column found.

    Notes
    -----
    A heading counts only where its words are those of a person's particulars and nothing else, so that
    ``phone_use`` stays; a column with such a heading whose cells are all yes, no or numbers below 100 is an
    answer. By its cells a column is found when half of the first 2,000 that are filled are e-mail addresses, IP
    addresses, British telephone numbers, postcodes, unique pupil numbers, or NHS numbers with a right check
    digit. Names in free text are not found.

    Examples
    --------
    >>> frame = pd.DataFrame({"RecipientEmail": ["a@b.org"], "v7": ["130.92.34.66"], "sdq1": ["2"]})
    >>> personal_columns(frame)[["column", "kind", "found_by"]].values.tolist()
    [['RecipientEmail', 'e-mail', 'heading'], ['v7', 'IP address', 'cells']]
    """
    found = []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        kind, found_by = _kind(str(name), str((labels or {}).get(name, "")), column, str(name) in declared)
        if kind:
            found.append((name, kind, found_by, int(_filled(column).sum())))
    return pd.DataFrame(found, columns=FOUND_COLUMNS)


def without_personal(
    frame: pd.DataFrame,
    table: str,
    *,
    personal: Personal = "drop",
    keep: Collection[str] = (),
    labels: Mapping[str, str] | None = None,
    declared: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Leave out the columns that say who somebody is, or ask what to do with them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells as the file holds them.
    table : str
        For messages.
    personal : {"drop", "keep", "ask"}, default "drop"
        What becomes of them; with "ask" nothing is read until the reader of the message has said it.
    keep : collection of str
        Columns that stay whatever they hold, such as the one with the ids of children.
    labels, declared
        As in `personal_columns`.

    Returns
    -------
    frame : pandas.DataFrame
        Without the columns that were dropped.
    found : pandas.DataFrame
        As from `personal_columns`, with those that were kept.
    problems : list of Problem
        SB-ID-70 (note: left out; warn: kept; stop: asked), SB-ID-71 (warn: single cells of other columns hold an
        e-mail address), SB-ID-72 (warn: a column that has to stay says who somebody is).

    Examples
    --------
    >>> frame = pd.DataFrame({"record_id": ["1"], "first_name": ["Nutmeg"], "sdq1": ["2"]})
    >>> left, found, problems = without_personal(frame, "data.csv", keep=["record_id"])
    >>> list(left), problems[0].code
    (['record_id', 'sdq1'], 'SB-ID-70')
    """
    check_option("personal", personal, PERSONAL_OPTIONS)
    found = personal_columns(frame, labels, declared)
    needed = found["column"].isin(list(keep))
    problems = _of_needed(found[needed], table)
    others = found[~needed]
    if len(others):
        problems.append(_told(others, personal, table))
    left = frame.drop(columns=list(others["column"])) if personal == "drop" else frame
    stray = left.drop(columns=[name for name in found["column"] if name in left])
    return left, found, problems + _stray_addresses(stray, table)


def _kind(name: str, label: str, column: pd.Series, declared: bool) -> tuple[str, str]:
    """What a column says of a person, and by what it was found; two empty words when it says nothing."""
    by_name, by_label = heading_kind(name), heading_kind(label) if len(label) <= LONGEST_LABEL else ""
    if (by_name or by_label) and not _only_answers(column):
        return (by_name, "heading") if by_name else (by_label, "label")
    if kind := kind_of_cells(column):
        return kind, "cells"
    return ("declared in the dictionary", "declared") if declared else ("", "")


def heading_kind(heading: str) -> str:
    """What the heading of a column says that it holds; empty when nothing personal.

    Examples
    --------
    >>> [heading_kind(name) for name in ("name_first", "IPAddress", "telephone_1", "phone_use", "sdq1")]
    ['name', 'IP address', 'telephone', '', '']
    """
    words = " ".join(WORDS.findall(_without_accents(heading.replace("'s", "")))).casefold()
    return next((kind for kind, pattern in PATTERNS if words and pattern.fullmatch(words)), "")


def _without_accents(text: str) -> str:
    """A text in plain letters: prénom as prenom, Straße as Strasse, fødsel as fodsel."""
    plain = text.translate(PLAIN_LETTERS)
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))


def _filled(column: pd.Series) -> np.ndarray:
    """Cells that hold more than blanks."""
    filled = column.notna().to_numpy()
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return filled
    return filled & (column.astype("str").str.strip() != "").to_numpy()


def _only_answers(column: pd.Series) -> bool:
    """Whether a column is filled, and with answers to a question only."""
    cells = column[_filled(column)].drop_duplicates()
    return bool(len(cells)) and all(ANSWERS.fullmatch(str(cell).strip()) for cell in cells)


def _told(found: pd.DataFrame, personal: Personal, table: str) -> Problem:
    """The columns that say who somebody is, and what became of them."""
    severity: dict[Personal, Literal["note", "warn", "stop"]] = {"drop": "note", "keep": "warn", "ask": "stop"}
    done = {
        "drop": "They were left out." if len(found) > 1 else "It was left out.",
        "keep": "Kept, as was asked.",
        "ask": "Nothing was read.",
    }
    fix = {
        "drop": 'personal="keep" reads all of them.',
        "keep": 'personal="drop" leaves them out.',
        "ask": 'personal="drop" leaves them out, personal="keep" reads them.',
    }
    names = list(found["column"].map(str))
    listed = [f"{name} ({kind})" for name, kind in zip(names, found["kind"])]
    more = f" and {len(listed) - NAMES_SHOWN} more" if len(listed) > NAMES_SHOWN else ""
    return Problem(
        "SB-ID-70",
        severity[personal],
        f"{n_of(len(found), 'column says', 'columns say')} who somebody is: "
        f"{', '.join(listed[:NAMES_SHOWN])}{more}.",
        table=table,
        column=", ".join(names[:NAMES_SHOWN]),
        why="A name or an address beside the answers makes every copy of the table a record of persons.",
        done=done[personal],
        fix=fix[personal],
    )


def _of_needed(found: pd.DataFrame, table: str) -> list[Problem]:
    """Columns that have to stay although they say who somebody is, such as ids that are e-mail addresses."""
    return [
        Problem(
            "SB-ID-72",
            "warn",
            f"The column {name!s} is needed, but its cells say who somebody is ({kind}).",
            table=table,
            column=str(name),
            why="Everything that is made of the table would carry it.",
            done="It was kept.",
            fix="Replace it by pseudonyms: pseudonyms(frame[column], key).",
        )
        for name, kind in zip(found["column"], found["kind"])
    ]


def _stray_addresses(frame: pd.DataFrame, table: str) -> list[Problem]:
    """Columns of other things in which single cells hold an e-mail address."""
    problems = []
    for place, name in enumerate(frame.columns):
        rows = rows_with_addresses(frame.iloc[:, place])
        if rows:
            problems.append(
                Problem(
                    "SB-ID-71",
                    "warn",
                    f"{n_of(len(rows), 'cell holds', 'cells hold')} an e-mail address among other things.",
                    table=table,
                    column=str(name),
                    rows=rows,
                    why="The text says who somebody is, wherever it is quoted.",
                    done="The cells were kept.",
                    fix="Read them, and take out what names a person.",
                )
            )
    return problems


__all__ = ["CELL_KINDS", "Personal", "heading_kind", "personal_columns", "without_personal"]
