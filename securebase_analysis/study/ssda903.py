"""`SSDA903`: the yearly returns on children looked after in England as tables of a study, and the verb for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.errors import DataError, ModelError, Problem, problems_frame, raise_if_stopped
from securebase_analysis.readers.one_day import the_day
from securebase_analysis.readers.ssda903.code_sets import code_sets
from securebase_analysis.readers.ssda903.layout import BY_NAME, Field
from securebase_analysis.readers.ssda903.ledger import Ledger
from securebase_analysis.readers.ssda903.reading import Merged, read_returns
from securebase_analysis.readers.ssda903.returns import year_label
from securebase_analysis.results.held_tables import hands_out_copies
from securebase_analysis.study.schema import KEY

HIDDEN = ("_return", "_year", "_file", "_row")
SDQ_COLUMNS = [*KEY, "year", "score", "reason", "reason_label"]
RULE_COLUMNS = ["rule", "table", "file", "column", "n_rows"]


@hands_out_copies
@dataclass(frozen=True, eq=False, repr=False)
class SSDA903:
    """Returns on children looked after in England, merged: one row an episode, the latest return kept.

    Codes keep the return's own names in small letters (``rne, ls, cin, place, place_provider, rec``); beside each
    stands ``<code>_label`` in plain English. Every table begins with ``site, child``; ``year`` is the return year,
    such as 2017/18, from 1 April to 31 March.

    Attributes
    ----------
    site : str
        The authority, empty unless given.
    data_freeze : Timestamp or None
        Last day on which the data were complete.
    children : pandas.DataFrame
        ``site, child, sex, birth_date, birth_date_conflict, ethnicity, ethnic, upn, mother,
        first_child_birth_date, uasc``: every child of any table.
    episodes : pandas.DataFrame
        ``site, child, start, end``, the codes with their labels, ``care_context``, postcodes, URN, ``year``; in
        order of child and start. An open episode has no end.
    oc2, oc3, reviews, missing, adoption, placed_for_adoption, previous_permanence, uasc, social_workers,
    deprivation_of_liberty : pandas.DataFrame
        The other tables. Part dates (``zz/05/2020``) are ``date_earliest, date_latest, date_known``.
    sdq : pandas.DataFrame
        ``site, child, year, score, reason, reason_label``: the total difficulties score of a child in a year,
        which has no date.
    returns : pandas.DataFrame
        ``year, starts, files, rows``: the returns in the order in which they were read.
    repairs : pandas.DataFrame
        ``table, file, column, what, n_rows, rows, done``: everything that was mended or left out.
    rules : pandas.DataFrame
        ``rule, table, file, column, n_rows``: rules of the department that rows break, under its own numbers.
    problems : tuple of Problem
        Warnings and notes.
    notes : tuple of str
        The same as sentences, for footnotes.
    """

    site: str
    folder: Path
    data_freeze: pd.Timestamp | None
    children: pd.DataFrame
    episodes: pd.DataFrame
    sdq: pd.DataFrame
    oc2: pd.DataFrame
    oc3: pd.DataFrame
    reviews: pd.DataFrame
    missing: pd.DataFrame
    adoption: pd.DataFrame
    placed_for_adoption: pd.DataFrame
    previous_permanence: pd.DataFrame
    uasc: pd.DataFrame
    social_workers: pd.DataFrame
    deprivation_of_liberty: pd.DataFrame
    returns: pd.DataFrame
    repairs: pd.DataFrame
    rules: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def spells(self) -> pd.DataFrame:
        """Stays with a carer, made of the episodes by the default rules of `placement_history`."""
        from securebase_analysis.study.spells import placement_history

        return placement_history(self).spells

    def summary_frame(self) -> pd.DataFrame:
        """Rows and children of every table.

        Returns
        -------
        pandas.DataFrame
            ``table, rows, children``; no id in it.
        """
        names = ["children", "episodes", "sdq", *(name for name in BY_NAME if name not in ("header", "episodes"))]
        frames = [(name, getattr(self, name)) for name in names]
        rows = [(name, len(frame), frame["child"].nunique()) for name, frame in frames]
        return pd.DataFrame(rows, columns=["table", "rows", "children"])

    def problems_frame(self) -> pd.DataFrame:
        """The warnings and notes as a table, one row each."""
        return problems_frame(self.problems)

    def __repr__(self) -> str:
        years = [year for year in self.returns["year"] if year]
        span = f"{years[0]} to {years[-1]}" if len(years) > 1 else "".join(years) or "year not known"
        warnings = sum(problem.severity == "warn" for problem in self.problems)
        return (
            f"SSDA903 {span}: {len(self.children):,} children, {len(self.episodes):,} episodes, {len(self.sdq):,} "
            f"questionnaires; {self.repairs['n_rows'].sum():,} rows mended or replaced, {warnings} warnings"
        )

    def _repr_html_(self) -> str:
        tables = self.summary_frame().to_html(index=False, border=0)
        returns = self.returns.to_html(index=False, na_rep="", border=0)
        return f"<p><strong>{escape(repr(self))}</strong></p>{tables}{returns}<p>Remarks: <code>.notes</code></p>"


def read_ssda903(folder: str | Path, site: str | None = None, freeze: str | pd.Timestamp | None = None) -> SSDA903:
    """Read English SSDA903 returns: one or several years, CSV, XML or workbooks, merged into one.

    Parameters
    ----------
    folder : str or Path
        A folder with the files of one or of several returns, in sub-folders or not; or one file.
    site : str, optional
        The authority, for studies with several; it stands in every table beside the child.
    freeze : str or Timestamp, optional
        Last day on which the data were complete. By default the 31 March that closes the latest return.

    Returns
    -------
    SSDA903

    Raises
    ------
    DataError
        When a table cannot be read at all: no column says which child, damaged XML or workbook, nothing there.
        Everything that was found in any file is in `error.problems`.

    Notes
    -----
    What a file is, its columns decide and not its name; names of columns may stand in any case and order. The
    order of returns is read from the dates of episodes. Of rows with the same key (an episode: CHILD and DECOM)
    the one of the latest return is kept. Every repair is counted in `repairs`; broken rules of the department are
    named by their numbers in `problems` and counted in `rules`. Broken rows are kept: what cannot be read in them
    is missing.

    Where a rule needs a whole year in care (185, 186, 198), that is read from the episodes in hand; it misleads
    where earlier returns are absent.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "header.csv").write_text(
    ...     "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\\n1,2,07/05/2010,WBRI,,,\\n")
    >>> _ = (folder / "episodes.csv").write_text(
    ...     "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\\n"
    ...     "1,07/05/2020,S,C2,N1,U6,PR1,01/02/2021,X1,CARPL,,,\\n"
    ...     "1,01/02/2021,P,C2,N1,U3,PR1,,,,,,\\n")
    >>> returns = read_ssda903(folder)
    >>> returns.episodes[["start", "place", "place_label"]].values.tolist()[1][1:]
    ['U3', 'kinship foster carer']
    >>> returns.returns["year"].tolist(), f"{returns.data_freeze:%Y-%m-%d}"
    (['2020/21'], '2021-03-31')
    """
    folder = _folder(folder)
    merged = read_returns(folder, _day(freeze))
    raise_if_stopped(merged.ledger.problems)
    return _noun(merged, folder, "" if site is None else str(site))


def _day(freeze: str | pd.Timestamp | None) -> pd.Timestamp | None:
    """The data freeze as a day."""
    if freeze is None:
        return None
    return the_day(
        "freeze", freeze, "Episodes without an end last until then.", code="SB-PLACE-50", error=DataError
    )


def _folder(given: object) -> Path:
    """The folder that was named."""
    if isinstance(given, str | Path):
        return Path(given)
    raise ModelError(
        Problem(
            "SB-MODEL-41",
            "stop",
            f"A {type(given).__name__} is no folder.",
            why="Returns are read from files.",
            fix="read_ssda903('returns'); placement_history(episodes) takes a table of episodes",
        )
    )


def _noun(merged: Merged, folder: Path, site: str) -> SSDA903:
    """The merged tables as they are handed out."""
    tables = {name: _finished(merged, name, site) for name in BY_NAME if name != "header"}
    problems = tuple(dict.fromkeys(merged.ledger.problems))
    return SSDA903(
        site=site,
        folder=folder,
        data_freeze=merged.data_freeze,
        children=_children(merged.children, site),
        sdq=_sdq(tables["oc2"]),
        returns=merged.returns,
        repairs=merged.ledger.repairs_frame(),
        rules=_rules_frame(merged.ledger),
        problems=problems,
        notes=tuple(problem.sentence for problem in problems),
        **tables,
    )


def _children(frame: pd.DataFrame, site: str) -> pd.DataFrame:
    """Children with their site and words for codes."""
    frame = frame.copy(deep=False)
    labels = {code: meaning.label for code, meaning in code_sets()["ETHNIC"].items()}
    frame.insert(0, "site", _same_text(site, len(frame)))
    frame.insert(frame.columns.get_loc("ethnic"), "ethnicity", frame["ethnic"].map(labels).astype("str"))
    frame["mother"] = frame["mother"].map({"1": True, "0": False}).astype("boolean")
    return frame


def _finished(merged: Merged, name: str, site: str) -> pd.DataFrame:
    """One table with its keys first, labels beside codes, and the return year."""
    frame = merged.tables.get(name)
    if frame is None:
        frame = _empty(name)
    years = frame["_year"].to_numpy(dtype="float64")
    columns: dict[str, object] = {"site": _same_text(site, len(frame)), "child": _texts_of(frame["child"])}
    labelled = {field.column: field for field in BY_NAME[name].fields if field.kind == "code"}
    dates = [column for column in ("start", "end") if column in frame]
    for column in [*dates, *frame.columns.difference(["child", *dates, *HIDDEN], sort=False)]:
        columns[column] = frame[column]
        if column in labelled and labelled[column].code_set != "FLAG":
            columns[f"{column}_label"] = _label(frame[column], labelled[column], "label")
        if column == "place":
            columns["care_context"] = _label(frame[column], labelled[column], "context")
    columns["year"] = _year_labels(years)
    return pd.DataFrame(columns, copy=False)


def _same_text(text: str, n_rows: int) -> pd.api.extensions.ExtensionArray:
    """A column that says the same in every row."""
    return pd.array([text], dtype="str").take(np.zeros(n_rows, dtype="int64"))


def _texts_of(column: pd.Series) -> pd.api.extensions.ExtensionArray:
    """The texts of a categorical column; missing where it says nothing."""
    names = column.cat.categories
    texts = pd.array(names if len(names) else [""], dtype="str")
    return texts.take(column.cat.codes.to_numpy(), allow_fill=True)


def _empty(name: str) -> pd.DataFrame:
    """A table without rows, for returns that have none of its kind."""
    nothing = pd.Categorical([], categories=pd.Index([], dtype="str"))
    dates = np.array([], dtype="datetime64[us]")
    columns: dict[str, object] = {}
    for one in BY_NAME[name].fields:
        if one.kind == "part_date":
            columns |= {
                f"{one.column}_earliest": dates,
                f"{one.column}_latest": dates,
                f"{one.column}_known": nothing,
            }
        elif not one.derived:
            columns[one.column] = {"date": dates, "score": np.array([])}.get(one.kind, nothing)
    return pd.DataFrame(columns).assign(_year=np.array([]))


def _label(column: pd.Series, field: Field, part: str) -> pd.Categorical:
    """What each code stands for, or the care context of a placement; missing for codes that no list has."""
    known = code_sets()[field.code_set]
    words = [getattr(known[code], part) if code in known else "" for code in column.cat.categories]
    labels = pd.Index(dict.fromkeys(word for word in words if word), dtype="str")
    places = np.append([labels.get_loc(word) if word else -1 for word in words], -1).astype("int16")
    return pd.Categorical.from_codes(places[column.cat.codes.to_numpy()], labels)


def _year_labels(years: np.ndarray) -> pd.Categorical:
    """Return years in words."""
    codes, distinct = pd.factorize(years, sort=True)
    return pd.Categorical.from_codes(codes, pd.Index([year_label(int(year)) for year in distinct], dtype="str"))


def _sdq(oc2: pd.DataFrame) -> pd.DataFrame:
    """Scores and reasons for none, by child and year."""
    told = oc2["sdq_score"].notna() | oc2["sdq_reason"].notna()
    names = {"sdq_score": "score", "sdq_reason": "reason", "sdq_reason_label": "reason_label"}
    return oc2.loc[told].rename(columns=names)[SDQ_COLUMNS].reset_index(drop=True)


def _rules_frame(ledger: Ledger) -> pd.DataFrame:
    """Broken rules and how many rows break them."""
    return pd.DataFrame(ledger.broken, columns=RULE_COLUMNS).astype({"n_rows": "int64"})
