"""All files of a study under our names, keys and waves made the same, before any rule is applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, Problem, Severity, nearest
from securebase_analysis.readers.interviews import Interviews
from securebase_analysis.results import wording
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.answers import read_answers
from securebase_analysis.study.codebook import Codebook, make_codebook
from securebase_analysis.study.codebook_files import read_codebook
from securebase_analysis.study.columns import Conventions
from securebase_analysis.study.file_rows import ENTRY, ROW, FileRows, empty_frame, nothing_read, read_rows
from securebase_analysis.study.linking import SEGMENT_COLUMNS, CodedFile, merged_interviews, read_coded
from securebase_analysis.study.ratings import RATING_COLUMNS, read_ratings
from securebase_analysis.study.schema import TABLES
from securebase_analysis.study.study_file import NAME, Entry, StudyFile

COLUMNS_SHOWN = 6
WITHOUT_CODEBOOK = ("children", "carers", "placements")
ENTITIES = ("children", "carers", "placements", "waves")


@dataclass(frozen=True, eq=False)
class Draft:
    """The tables of a study before its rules are applied.

    Every table carries `ENTRY`, the number of the file in `files`, and `ROW`, the row in it.

    Attributes
    ----------
    study_file : StudyFile
        What `study.toml` says.
    codebook : Codebook
        Its codebook.
    tables : dict of str to pandas.DataFrame
        ``children, carers, placements, waves, sources, segments, ratings``.
    answers : dict of str to pandas.DataFrame
        One table for each instrument.
    missing : dict of str to pandas.DataFrame
        For each instrument ``position, item, code, reason``; positions count rows of its table of answers.
    files : tuple of FileRows
        The files, for names of columns in messages.
    interviews : Interviews or None
        All coded interviews.
    problems : tuple of Problem
        What reading found.
    """

    study_file: StudyFile
    codebook: Codebook
    tables: Mapping[str, pd.DataFrame]
    answers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    missing: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: tuple[FileRows, ...] = ()
    interviews: Interviews | None = None
    problems: tuple[Problem, ...] = ()

    def all_tables(self) -> list[tuple[str, pd.DataFrame]]:
        """Every table with its name; those of answers under the name of the instrument."""
        return [*self.tables.items(), *self.answers.items()]

    def linked_tables(self) -> list[tuple[str, pd.DataFrame]]:
        """Every table but that of the children whose rows belong to a child; segments go with their sources."""
        return [
            (name, frame) for name, frame in self.all_tables() if name not in ("children", "carers", "segments")
        ]

    def tables_with(self, column: str) -> list[pd.DataFrame]:
        """The tables that have a column of the schema; a column of the study's own may bear the same name."""
        named = [frame for name, frame in self.tables.items() if column in TABLES.get(name, {})]
        return named + (list(self.answers.values()) if column in TABLES["responses"] else [])

    def has(self, table: str, column: str) -> bool:
        """Whether any file gives a column of a table."""
        return any(file.section == table and column in file.theirs for file in self.files)


def read_draft(study_file: StudyFile, steps: Iterable[Entry]) -> tuple[Draft, list[Problem]]:
    """Read all files that `study.toml` names; what is wrong with one does not keep the others from being read.

    Parameters
    ----------
    study_file : StudyFile
        What to read.
    steps : iterable of Entry
        Its entries, perhaps wrapped in a progress bar.

    Returns
    -------
    draft : Draft
        With an empty codebook, and nothing that needs one, when there is none.
    problems : list of Problem
        Why there is no codebook.
    """
    codebook, problems = _codebook(study_file)
    if codebook is None:
        # What needs no codebook is checked all the same, so that everything is said at once.
        codebook, steps = make_codebook("", "", {}), [step for step in steps if step.section in WITHOUT_CODEBOOK]
    conventions = Conventions(
        study_file.date_order,
        None if study_file.data_freeze is None else study_file.data_freeze.date().isoformat(),
        study_file.leading_zeros,
    )
    files: list[FileRows] = []
    coded: list[CodedFile] = []
    for entry in steps:
        if entry.section == "interviews":
            coded.append(read_coded(entry, codebook, conventions))
        else:
            files.append(_read(entry, codebook, conventions))
    return _assembled(study_file, codebook, files, coded), problems


def _codebook(study_file: StudyFile) -> tuple[Codebook | None, list[Problem]]:
    """The codebook, or why it cannot be read."""
    if study_file.codebook is None:
        return None, []
    try:
        return read_codebook(study_file.codebook), []
    except DataError as error:
        return None, list(error.problems)


def _read(entry: Entry, codebook: Codebook, conventions: Conventions) -> FileRows:
    """One file by the reader of its section."""
    if entry.section == "ratings":
        return read_ratings(entry, codebook, conventions)
    if entry.section != "responses":
        return read_rows(entry, conventions)
    instruments = list(codebook.instruments["instrument"])
    instrument = entry.get("instrument")
    if instrument in instruments:
        return read_answers(entry, codebook, conventions)
    guess = nearest(instrument, instruments)
    problem = Problem(
        "SB-STUDY-11",
        "stop",
        f"The codebook has no instrument {instrument!r}.",
        table=NAME,
        column="responses.instrument",
        why="Which columns are items, and how they are scored, is not known.",
        done="The file was not read.",
        fix=f'instrument = "{guess}"' if guess else f"The codebook has {', '.join(instruments)}.",
    )
    return nothing_read(entry, [problem])


# --- putting the files together ---------------------------------------------------------------------------------


def _assembled(study_file: StudyFile, codebook: Codebook, files: list[FileRows], coded: list[CodedFile]) -> Draft:
    """The draft of everything that was read."""
    n_files = len(files)
    files = [*files, *(_sources_rows(file) for file in coded), *(_project_rows(file) for file in coded)]
    tables = {name: _together(files, [name], name) for name in ENTITIES}
    tables["ratings"] = _rated(_together(files, ["ratings"], "ratings"))
    tables["sources"], found = _one_row_a_source(_together(files, ["sources"], "sources"), files)
    tables["segments"] = _coded_segments(coded, n_files + len(coded))
    answers, missing = _answers_by_instrument(files)
    return Draft(
        study_file=study_file,
        codebook=codebook,
        tables=tables,
        answers=answers,
        missing=missing,
        files=tuple(files),
        interviews=merged_interviews(coded),
        problems=(*(problem for file in files for problem in file.problems), *found),
    )


def _sources_rows(file: CodedFile) -> FileRows:
    """The sources of coded interviews as the rows of a file."""
    return FileRows("sources", file.sources_file, file.sources, problems=file.problems, n_rows=file.n_rows)


def _project_rows(file: CodedFile) -> FileRows:
    """The segments of a coded project as the rows of a file."""
    return FileRows("segments", file.entry.file, file.segments, n_rows=len(file.segments))


def _together(files: list[FileRows], sections: list[str], schema: str) -> pd.DataFrame:
    """The rows of all files of a section, each with the number of its file."""
    frames = [
        file.frame.assign(**{ENTRY: number}) for number, file in enumerate(files) if file.section in sections
    ]
    filled = [frame for frame in frames if len(frame)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    nothing = frames[0] if frames else empty_frame(TABLES[schema])
    return nothing.assign(**{ENTRY: pd.Series(dtype="int64")})


def _rated(ratings: pd.DataFrame) -> pd.DataFrame:
    """Ratings with all their columns, also when there are none."""
    if "rating" in ratings:
        return ratings
    kinds = {"value": "float64", "low": "float64", "high": "float64", "not_applicable": "bool"}
    nothing = ratings.reindex(columns=[*RATING_COLUMNS, "rating", ROW, ENTRY])
    return nothing.astype({**kinds, "rating": "str", "construct": "str"})


def _one_row_a_source(sources: pd.DataFrame, files: list[FileRows]) -> tuple[pd.DataFrame, list[Problem]]:
    """An interview that stands in several projects is one interview, if its transcript is the same in all."""
    if "text" not in sources:
        kinds = {"n_words": "Int64", "text": "str", "sha256": "str", "coded_sha256": "str"}
        sources = sources.drop(columns="sha256").assign(
            **{name: pd.Series(dtype=kind) for name, kind in kinds.items()}
        )
        return sources, []
    first = sources.drop_duplicates("source").set_index("source")["sha256"]
    same = sources["sha256"].fillna("") == sources["source"].map(first).fillna("")
    problems = []
    for number in sources.loc[~same, ENTRY].unique():
        rows = sources.loc[~same & (sources[ENTRY] == number), ROW].tolist()
        problems.append(
            Problem(
                "SB-CODE-15",
                "stop",
                f"{n_of(len(rows), 'interview has', 'interviews have')} another transcript here than in an "
                "earlier project.",
                table=files[number].file,
                column="source",
                rows=rows,
                why="The passages of the two projects do not lie on the same words, so coders cannot be compared.",
                done="Nothing was moved.",
                fix="Let all coders work on one transcript; export the projects again.",
            )
        )
    return sources.drop_duplicates("source").reset_index(drop=True), problems


def _coded_segments(coded: list[CodedFile], n_files: int) -> pd.DataFrame:
    """The segments of all files; the same words have the same number, whichever project they were coded in."""
    frames = [file.segments.assign(**{ENTRY: number}) for number, file in enumerate(coded, start=n_files)]
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        columns = [*SEGMENT_COLUMNS, "given_code", "given_coder"]
        nothing = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
        return nothing.assign(**{ROW: pd.Series(dtype="int64"), ENTRY: pd.Series(dtype="int64")})
    segments = pd.concat(filled, ignore_index=True)
    placed = segments["start"].notna() & segments["end"].notna()
    own = segments[[ENTRY, "segment"]].where(~placed)  # pictures, recordings and whole documents stay as numbered
    words = segments[["source", "start", "end"]].where(placed)
    keys = [*(words[name] for name in words), *(own[name] for name in own)]
    segments["segment"] = segments.groupby(keys, dropna=False, sort=False).ngroup() + 1
    return segments


def _answers_by_instrument(files: list[FileRows]) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """For each instrument its answers and the reasons of its missing cells, over all its files."""
    by_instrument: dict[str, list[int]] = {}
    for number, file in enumerate(files):
        if file.section == "responses":
            by_instrument.setdefault(file.instrument, []).append(number)
    answers, missing = {}, {}
    for instrument, numbers in by_instrument.items():
        mine = [files[number] for number in numbers]
        frames = [file.frame.assign(**{ENTRY: number}) for file, number in zip(mine, numbers)]
        starts = np.cumsum([0, *(len(frame) for frame in frames[:-1])])
        reasons = [
            file.missing.assign(position=file.missing["position"] + start)
            for file, start in zip(mine, starts)
            if len(file.missing)
        ]
        filled = [frame for frame in frames if len(frame)]
        answers[instrument] = pd.concat(filled, ignore_index=True) if filled else frames[0]
        missing[instrument] = pd.concat(reasons, ignore_index=True) if reasons else _no_reasons()
    return answers, missing


def _no_reasons() -> pd.DataFrame:
    """No cell with a declared reason."""
    return pd.DataFrame({"position": pd.Series(dtype="int64"), "item": [], "code": [], "reason": []}).astype(
        {"item": "str", "code": "str", "reason": "str"}
    )


# --- saying where something is wrong ----------------------------------------------------------------------------


def problems_in(
    draft: Draft,
    frame: pd.DataFrame,
    wrong: pd.Series | np.ndarray,
    column: str | Sequence[str],
    code: str,
    severity: Severity,
    what: str,
    why: str = "",
    done: str = "",
    fix: str = "",
) -> list[Problem]:
    """One problem for each file that has rows where something is wrong.

    Parameters
    ----------
    draft : Draft
        For the names of files and of their columns.
    frame : pandas.DataFrame
        A table of the draft.
    wrong : boolean, one a row
        The rows concerned.
    column : str or sequence of str
        Our names of the columns; the message has theirs.
    code, severity, what, why, done, fix : str
        As in `Problem`; ``{n}`` in `what` and `fix` becomes how many are wrong, ``{rows}`` the number of rows of
        the file that hold them: one row may hold several ratings, and in a wide file several waves. With words
        for one and for many, ``{n:wave was|waves were}``.
    """
    wrong = np.asarray(wrong, dtype=bool)
    if not wrong.any():
        return []
    problems = []
    columns = [column] if isinstance(column, str) else column
    for number, here in frame[wrong].groupby(ENTRY, sort=True):
        file, rows = draft.files[int(number)], here[ROW]
        waves = here["wave"].dropna().unique() if file.names_by_wave and "wave" in here else ()
        counts = {"n": len(rows), "rows": rows.nunique()}
        problems.append(
            Problem(
                code,
                severity,
                wording.in_number(what, **counts),
                table=file.file,
                column=_listed(file.names_of([name for name in columns if name], waves)),
                rows=sorted(set(rows)),
                why=why,
                done=done,
                fix=wording.in_number(fix, **counts),
            )
        )
    return problems


def _listed(names: Sequence[str]) -> str:
    """The first few of some names."""
    more = f" and {len(names) - COLUMNS_SHOWN} more" if len(names) > COLUMNS_SHOWN else ""
    return ", ".join(names[:COLUMNS_SHOWN]) + more
