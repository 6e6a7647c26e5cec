"""Who answered a row of a questionnaire file: site, child, wave, informant, instance and date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from securebase_analysis.errors import Problem, nearest, rows_where
from securebase_analysis.readers.cells import to_date
from securebase_analysis.readers.questionnaires import Export
from securebase_analysis.readers.text_columns import to_text
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.columns import clean_ids, fold_name
from securebase_analysis.study.schema import CHILD, DATE, INFORMANT, SITE, WAVE, Column

DAY_KNOWN = ("qualtrics", "limesurvey")
"""Programs that write the day of the answers themselves."""
ARM = r"\s*\(Arm \d+: .*\)$"
"""REDCap adds the arm to the name of an event where labels are exported."""


@dataclass(frozen=True, eq=False)
class Respondents:
    """Who answered each row, and which columns say so.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``site, child, wave, informant, instance, date``, a row for each row of the file; `wave` is as
        the file has it.
    used : dict
        Our name to the column of the file.
    problems : tuple of Problem
        What is missing or was assumed.
    """

    frame: pd.DataFrame
    used: dict[str, str]
    problems: tuple[Problem, ...] = ()


COLUMNS_SHOWN = 12
SCHEMA = {"wave": WAVE, "informant": INFORMANT, "site": SITE}
CONSTANT = ("wave", "informant", "site")
"""What one word may say for all rows."""


def respondents(
    export: Export,
    *,
    child: str | None = None,
    wave: str | int | None = None,
    informant: str | None = None,
    site: str | None = None,
    date: str | None = None,
    date_order: str | None = None,
) -> Respondents:
    """Find out who answered each row.

    Parameters
    ----------
    export : Export
        The file.
    child, wave, informant, site, date : str, optional
        The column that says so; a `wave`, `informant` or `site` that is no column holds for all rows.
    date_order : {"ymd", "dmy", "mdy"}, optional
        Of dates such as 03/04/2021.

    Returns
    -------
    Respondents
        With SB-ID-40 (stop) where no column says which child, SB-ID-09 (warn) for rows without a child.
    """
    names = [str(name) for name in export.frame.columns]
    used = {
        "child": _column(export, child, "id", CHILD, ("child",)),
        "wave": _column(export, wave, "event", WAVE, ("wave",)),
        "informant": _column(export, informant, "", INFORMANT, ("informant",)),
        "site": _column(export, site, "group", SITE, ("site",)),
        "date": _column(export, date, "date" if export.program in DAY_KNOWN else "", DATE, ("date",)),
        "instance": _column(export, None, "repeat_instance", None, ()),
    }
    problems: list[Problem] = []
    found = {ours: name for ours, name in used.items() if name is not None}
    if "child" not in found:
        problems.append(_no_child(export, child, names))
    if date is not None and "date" not in found:
        problems.append(_not_a_column("date", date, names, export.name))
    if date is None and "date" in found and not _may_be_dates(export.frame[found["date"]]):
        del found["date"]  # "completed" may well hold yes and no
    given = {"child": child, "wave": wave, "informant": informant, "site": site, "date": date}
    problems += _taken_for(found, given, export) + _for_all_rows(found, given, export)
    columns = {ours: clean_ids(export.frame[name]) for ours, name in found.items() if ours != "date"}
    for ours in CONSTANT:  # what is chosen from a list is known by its label, in every form of an export
        if ours in found:
            columns[ours] = event_names(columns[ours], export.choices_of(found[ours]))
    if "site" in found and "child" in found:
        columns["site"], told = site_of_the_child(columns["site"], columns["child"], export, found["site"])
        problems += told
    for ours in CONSTANT:
        if given[ours] is not None and ours not in found:
            columns[ours] = pd.Series(str(given[ours]), index=export.frame.index, dtype="str")
    if "date" in found:
        columns["date"], wrong = to_date(
            export.frame[found["date"]],
            table=export.name,
            date_order=date_order,  # type: ignore[arg-type]
            date_system=export.date_system,
        )
        problems += wrong
    frame = pd.DataFrame(columns, index=export.frame.index)
    for ours in ("site", "child", "wave", "informant", "instance"):
        frame[ours] = frame[ours] if ours in frame else pd.Series(None, index=frame.index, dtype="str")
    if "date" not in frame:
        frame["date"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    nobody = frame["child"].isna() & export.in_use()
    if "child" in found and nobody.any():
        problems.append(_no_child_in_rows(export, found["child"], nobody))
    return Respondents(frame[["site", "child", "wave", "informant", "instance", "date"]], found, tuple(problems))


def _column(
    export: Export, given: str | int | None, role: str, schema: Column | None, own: Iterable[str]
) -> str | None:
    """The column that is named, plays the part, or is known under one of its usual names."""
    names = [str(name) for name in export.frame.columns]
    if given is not None:
        return str(given) if str(given) in names else None
    playing = export.with_role(role) if role else []
    if len(playing) == 1 or (playing and role == "id"):
        return playing[0]
    usual = (*own, *(schema.aliases if schema else ()))
    folded = {fold_name(name): name for name in reversed(export.with_role("item", "other", "date", "id"))}
    return next((folded[alias] for alias in usual if alias in folded), None)


def _may_be_dates(cells: pd.Series) -> bool:
    """Whether cells of a column that nobody named may be dates: a day has three digits at least."""
    return cells.dtype.kind == "M" or bool(to_text(cells).dropna().str.count(r"\d").ge(3).any())


def _taken_for(found: Mapping[str, str], given: Mapping[str, object], export: Export) -> list[Problem]:
    """SB-ID-41 (note): columns that were taken for whose, when and by whom, because of their usual names."""
    roles = dict(zip(export.columns["column"], export.columns["role"]))
    guessed = {
        ours: name
        for ours, name in found.items()
        if given.get(ours) is None and fold_name(name) != ours and roles.get(name) in ("item", "other", "date")
    }
    if export.program in DAY_KNOWN:
        guessed.pop("date", None)  # the note on the program says it
    if not guessed:
        return []
    pairs = ", ".join(f"{name} is the {ours}" for ours, name in guessed.items())
    first = next(iter(guessed))
    return [
        Problem(
            "SB-ID-41",
            "note",
            f"By their names, columns were taken to say whose the answers are: {pairs}.",
            table=export.name,
            fix=f"{first}='another column' where that is not so.",
        )
    ]


def _for_all_rows(found: Mapping[str, str], given: Mapping[str, object], export: Export) -> list[Problem]:
    """SB-ID-42: a word that is no column and holds for all rows; warn where a column may have been meant."""
    names = [str(name) for name in export.frame.columns]
    problems = []
    for ours in CONSTANT:
        word = given[ours]
        if word is None or ours in found:
            continue
        own = _column(export, None, {"wave": "event", "site": "group"}.get(ours, ""), SCHEMA[ours], (ours,))
        meant = own or nearest(word, [name for name in names if len(str(word)) > 2])
        problems.append(
            Problem(
                "SB-ID-42",
                "warn" if meant else "note",
                f"No column is called {str(word)!r}, so it was taken as the {ours} of all rows.",
                table=export.name,
                why=f"The file has a column {meant!r}, which was then not looked at." if meant else "",
                fix=f"{ours}={meant!r} if that column was meant." if meant else "",
            )
        )
    return problems


def site_of_the_child(
    site: pd.Series, child: pd.Series, export: Export, column: str
) -> tuple[pd.Series, list[Problem]]:
    """SB-ID-43: rows without a site get the one that the same record of REDCap has elsewhere; others are told."""
    empty = site.isna() & child.notna() & export.in_use()
    if not empty.any() or site.isna().all():
        return site, []
    sites = site.dropna().groupby(child)
    known = sites.first()[sites.nunique() == 1]
    filled = site.where(~empty, child.map(known)) if export.program == "redcap" else site
    given, left = empty & filled.notna(), empty & filled.isna()
    problems = []
    if given.any():
        what = f"{n_of(int(given.sum()), 'row has', 'rows have')} no site; REDCap asks it once for each record."
        done = "The site that the record has at another event was taken."
        problems.append(Problem("SB-ID-43", "note", what, export.name, column, rows_where(given), done=done))
    if left.any():
        what = f"{n_of(int(left.sum()), 'row has', 'rows have')} no site, and others have one."
        why = "Children are known by site and id, so one child may become two."
        fix = "Write the site into these rows, or site='the one site' where there is only one."
        problems.append(
            Problem("SB-ID-43", "warn", what, export.name, column, rows_where(left), why, "Kept.", fix)
        )
    return filled.astype("str"), problems


def event_names(waves: pd.Series, events: Mapping[str, str]) -> pd.Series:
    """Events by their full name where the list of events gives one, without the arm they belong to."""
    named = waves.map(lambda name: events.get(name, name), na_action="ignore").astype("str")
    return named.str.replace(ARM, "", regex=True)


def _no_child(export: Export, given: str | None, names: list[str]) -> Problem:
    """No column says which child the answers are about."""
    if given is not None:
        return _not_a_column("child", given, names, export.name)
    guess = next((name for name in names if "id" in fold_name(name).split("_")), None)
    personal = export.with_role("personal")
    listed = _some([name for name in names if name not in personal])
    own = next((name for name in personal if fold_name(name) in ("child", *CHILD.aliases)), None)
    if own is not None:
        listed, guess = f"{listed}; better put pseudonyms into {own} first", own
    return Problem(
        "SB-ID-40",
        "stop",
        "No column says which child the answers are about.",
        table=export.name,
        why="Answers of different waves and informants could not be brought together.",
        fix=f"child={guess!r}, or another of the columns {listed}." if guess else f"child= one of {listed}.",
    )


def _some(names: list[str]) -> str:
    """The first names of columns, and how many there are besides."""
    more = len(names) - COLUMNS_SHOWN
    return ", ".join(map(repr, names[:COLUMNS_SHOWN])) + (f" and {more} more" if more > 0 else "")


def _not_a_column(ours: str, given: str, names: list[str], file: str) -> Problem:
    """A column was named that the file does not have."""
    guess = nearest(given, names)
    what = f"The file has no column {given!r}, which was named as {ours}."
    fix = f"{ours}={guess!r}; the columns are {_some(names)}." if guess else f"The columns are {_some(names)}."
    return Problem("SB-ID-40", "stop", what, table=file, why="It says whose the answers are.", fix=fix)


def _no_child_in_rows(export: Export, column: str, nobody: pd.Series) -> Problem:
    """Rows that say nothing about the child."""
    rows = rows_where(nobody)
    return Problem(
        "SB-ID-09",
        "stop",
        f"{len(rows)} {'row has' if len(rows) == 1 else 'rows have'} no child.",
        table=export.name,
        column=column,
        rows=rows,
        why="Their answers belong to nobody.",
        done="Nothing was dropped.",
        fix="Write the child into these rows, or delete them in the source.",
    )
