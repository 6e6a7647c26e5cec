"""A study without its ids: the same children under pseudonyms, the same distances between other days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import DataError, Problem, check_option
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.privacy.key_file import read_key
from securebase_analysis.study.privacy.keyed_hash import WEEKS, days_back, hashed
from securebase_analysis.study.privacy.masked_text import masked
from securebase_analysis.study.privacy.own_columns import columns_of_words, own_dates, telling_columns
from securebase_analysis.study.privacy.pseudonymous_interviews import masked_sha256, pseudonymous_interviews
from securebase_analysis.study.rules.moved_dates import seems_longer
from securebase_analysis.study.schema import OWN_COLUMNS, TABLES
from securebase_analysis.study.study import Study

Texts = Literal["mask", "keep"]
TEXT_OPTIONS: tuple[Texts, ...] = ("mask", "keep")
KIND_OF = {
    "child": "child", "carer": "carer", "sibling_group": "sibling group", "source": "source", "rater": "coder",
    "coder": "coder",
}  # fmt: skip
"""Columns with ids, and what the ids name; a rater and a coder of the same name are one person."""
WITHOUT_SITE = ("source", "coder")
REMARKS = {"waves": ("reason",), "ratings": ("evidence",)}
NAMES_SHOWN = 8


@dataclass(frozen=True)
class _Secret:
    """The key, the longest shift, and whether words are masked."""

    key: bytes
    weeks: int
    mask_texts: bool

    def hashed(self, ids: pd.Series, kind: str, site: pd.Series | str = "") -> pd.Series:
        """Pseudonyms; sources and coders are not given out by sites."""
        return hashed(ids, self.key, kind, "" if kind in WITHOUT_SITE else site)


def pseudonymise(study: Study, key: str | Path, *, weeks: int = WEEKS, texts: Texts = "mask") -> Study:
    """Replace every id of a study by a pseudonym, and move the dates of each child back together.

    Parameters
    ----------
    study : Study
        From `read_study`.
    key : str or Path
        The file that `write_key` made; refused inside the study folder.
    weeks : int, default 26
        The longest shift of dates; see `shift_dates`. 0 keeps the dates as they are.
    texts : {"mask", "keep"}, default "mask"
        Whether the words of interviews, memos, reasons and evidence go: each letter becomes an x, so that
        positions, lengths and counts of words stay. Names inside kept words stay too.

    Returns
    -------
    Study
        With the same scores. What was left out stands in its `notes`; `write_study` puts it on disk.

    Raises
    ------
    DataError
        SB-ID-73 and SB-ID-74 of the key, SB-ID-75 of `weeks`.

    Notes
    -----
    Children, carers, sibling groups, sources, cases, coders and raters get pseudonyms (see `pseudonyms`), children
    and carers by site. Sites keep their names. Columns of the study's own are left out where they may say who
    somebody is; the dates among the others move with the child, or with the carer in the table of carers, so
    that days between a carer's date and a child's do not stay. The data freeze stays: what lasts until then seems
    longer by the shift, which matters to models of placements that are still open. Pseudonymised data are personal
    data still (UK GDPR, recital 26): rare combinations of facts can tell who somebody is.

    Examples
    --------
    >>> import tempfile
    >>> from securebase_analysis import read_study, write_key
    >>> key = write_key(Path(tempfile.mkdtemp()) / "cohort.key")
    >>> study = read_study("data/sample", progress=False)
    >>> hidden = pseudonymise(study, key)
    >>> len(hidden.children) == len(study.children), hidden.children["child"].isin(study.children["child"]).any()
    (True, np.False_)
    """
    check_option("texts", texts, TEXT_OPTIONS)
    _check_weeks(weeks)
    secret = _Secret(read_key(key, study.folder), weeks, texts == "mask")
    ids = _all_ids(study)
    left_out: dict[str, list[str]] = {}
    tables = {
        name: _table(name, getattr(study, name), secret, ids, left_out) for name in TABLES if name != "responses"
    }
    tables |= {name: _ids_replaced(getattr(study, name), secret) for name in ("missing", "unlinked")}
    segments = _ids_replaced(study.segments, secret)
    tables["segments"] = segments.assign(text=masked(segments["text"])) if secret.mask_texts else segments
    responses = {name: _dated(frame, secret, ["date"]) for name, frame in study.responses.items()}
    settled = [problem for problem in study.problems if problem.code != "SB-ID-79"]  # those columns are left out
    problems = (*settled, *_remarks(study, secret, left_out, _with_words(tables)))
    return replace(
        study,
        **tables,
        responses={name: _ids_replaced(frame, secret) for name, frame in responses.items()},
        codebook=_codebook(study.codebook, secret),
        weeks_moved=study.weeks_moved + weeks,
        interviews=study.interviews
        and pseudonymous_interviews(study.interviews, secret.hashed, secret.mask_texts),
        problems=problems,
        notes=tuple(problem.sentence for problem in problems),
        labels=_known_labels(study.labels, left_out),
        value_labels=_known_labels(study.value_labels, left_out),
    )


def _check_weeks(weeks: object) -> None:
    """Refuse a shift that is no number of weeks."""
    if isinstance(weeks, bool) or not isinstance(weeks, int) or not 0 <= weeks <= 520:
        what = "The longest shift is not a whole number of weeks from 0 to 520."
        raise DataError(
            Problem("SB-ID-75", "stop", what, column="weeks", done="Nothing was made.", fix="weeks=26")
        )


def _all_ids(study: Study) -> frozenset[str]:
    """Every id of a child, a carer or a sibling group."""
    columns = [
        frame[name]
        for frame in (study.children, study.carers, study.placements)
        for name in ("child", "carer", "sibling_group")
        if name in frame
    ]
    return frozenset(pd.concat(columns).dropna().astype("str").str.strip())


def _table(
    name: str, frame: pd.DataFrame, secret: _Secret, ids: frozenset[str], left_out: dict[str, list[str]]
) -> pd.DataFrame:
    """One table of the study: its own telling columns gone, its dates moved, its ids replaced, remarks masked."""
    known = set(TABLES[name])
    own = [column for column in frame if column not in known] if name in OWN_COLUMNS else []
    telling = telling_columns(frame, own, ids)
    if telling:
        left_out[name] = telling
    frame = frame.drop(columns=telling)
    own_as_dates = {column: own_dates(frame[column]) for column in own if column in frame}
    frame = frame.assign(**{column: dates for column, dates in own_as_dates.items() if dates is not None})
    dates = [column for column in frame if pd.api.types.is_datetime64_any_dtype(frame[column].dtype)]
    frame = _dated(frame, secret, dates, "carer" if name == "carers" else "child")
    if secret.mask_texts:
        remarks = {column: masked(frame[column]) for column in REMARKS.get(name, ()) if column in frame}
        frame = frame.assign(**remarks)
        if name == "sources":
            sums = frame["text"].map(masked_sha256).astype("str")
            frame = frame.assign(text=masked(frame["text"]), sha256=sums)
    return _ids_replaced(frame, secret)


def _with_words(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The columns of the study's own that stayed and hold words, with their tables."""
    return [
        f"{name} ({table})"
        for table in OWN_COLUMNS
        for name in columns_of_words(tables[table], [own for own in tables[table] if own not in TABLES[table]])
    ]


def _dated(frame: pd.DataFrame, secret: _Secret, dates: list[str], whose: str = "child") -> pd.DataFrame:
    """The dates of each child, or carer, moved back together."""
    if not secret.weeks or not dates or not len(frame):
        return frame
    shift = days_back(frame[whose], secret.key, frame.get("site", ""), secret.weeks, whose)
    return frame.assign(**{name: frame[name] - shift for name in dates})


def _ids_replaced(frame: pd.DataFrame, secret: _Secret) -> pd.DataFrame:
    """Every column with ids under pseudonyms; rows in their order, because that of a file may be that of ids."""
    site = frame.get("site", "")
    found = {name: kind for name, kind in KIND_OF.items() if name in frame}
    frame = frame.assign(**{name: secret.hashed(frame[name], kind, site) for name, kind in found.items()})
    order = [name for name in ("site", "child", "carer", "wave") if name in frame and len(frame)]
    return frame.sort_values(order, kind="stable", ignore_index=True) if order else frame


def _codebook(codebook: Codebook, secret: _Secret) -> Codebook:
    """The codebook with its coders under the same pseudonyms, and without their other spellings."""
    coders = codebook.coders
    names = secret.hashed(coders["coder"], "coder")
    return replace(codebook, coders=coders.assign(coder=names, aliases=[()] * len(coders)))


def _known_labels(
    labels: Mapping[str, Mapping[str, Any]], left_out: Mapping[str, list[str]]
) -> dict[str, dict[str, Any]]:
    """Labels of columns that hold no ids and are still there: the values of an id may be labelled with names."""
    return {
        table: {
            name: label
            for name, label in of_table.items()
            if name not in KIND_OF and name not in left_out.get(table, ())
        }
        for table, of_table in labels.items()
    }


def _look_through(with_words: list[str]) -> Problem:
    """The columns of words that stayed: whether a word is a kind or a name, only a reader can tell."""
    more = f" and {len(with_words) - NAMES_SHOWN} more" if len(with_words) > NAMES_SHOWN else ""
    listed = ", ".join(with_words[:NAMES_SHOWN]) + more
    return Problem(
        "SB-ID-80",
        "note",
        f"{n_of(len(with_words), 'column', 'columns')} of the study's own kept the words: {listed}.",
        why="Whether a word is a kind or somebody's name, no program can tell.",
        done="They were kept, as few of their cells are like no other.",
        fix="Look through them before you pass the study on; take out of the files what names somebody.",
    )


def _remarks(
    study: Study, secret: _Secret, left_out: Mapping[str, list[str]], with_words: list[str]
) -> list[Problem]:
    """What was replaced, what was left out, and what seems longer than it was."""
    dates = f"Dates were moved back by 1 to {secret.weeks} weeks, each child's together." if secret.weeks else ""
    words = "The words of interviews and remarks were masked." if secret.mask_texts else "Words were kept."
    problems = [
        Problem(
            "SB-ID-76",
            "note",
            "Ids of children, carers, siblings, sources, raters and coders are pseudonyms.",
            done=f"{dates} {words}".strip(),
        )
    ]
    problems += [_look_through(with_words)] if with_words else []
    problems += [
        Problem(
            "SB-ID-77",
            "warn",
            f"{n_of(len(names), 'column', 'columns')} of the study's own may say who somebody is: "
            f"{', '.join(names[:NAMES_SHOWN])}{' and others' if len(names) > NAMES_SHOWN else ''}.",
            table=table,
            column=", ".join(names[:NAMES_SHOWN]),
            why="They hold particulars, ids, free text, or dates that could be read two ways.",
            done="Left out.",
            fix="Where it is needed, recode it into a few groups, or write its dates as year-month-day.",
        )
        for table, names in left_out.items()
    ]
    still_open = int(study.placements["end"].isna().sum())
    if secret.weeks and still_open:
        problems.append(seems_longer(still_open, secret.weeks))
    return problems
