"""The contract that every answer keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from html import escape
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd

from securebase_analysis.results import wording
from securebase_analysis.results.diagnostics import checks_frame
from securebase_analysis.results.families import WRITTEN, Adjustment, adjusted_p
from securebase_analysis.results.glossary import GLANCE, TIDY
from securebase_analysis.results.inference import Floats, check_conf_level, two_sided_p, wald_interval
from securebase_analysis.results.plotting import check_drawing, draw
from securebase_analysis.results.warnings_of_data import note_of_warnings, warnings_of

SIMULATED = "Simulated data: nothing here is a finding about children, carers or services."


class Columns(dict[str, Any]):
    """The columns of a table by name, of which a frame is made when it is called for."""

    def __call__(self) -> pd.DataFrame:
        """The frame."""
        return pd.DataFrame(dict(self))


class WhenRead:
    """A table of an answer that may be given as a function, which is called when the table is first read."""

    def __init__(self, default: Callable[[], pd.DataFrame] | None = None, name: str = "") -> None:
        self.default = default
        self.name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, answer: Any, owner: type | None = None) -> Any:
        if answer is None:
            return self.default or self
        if callable(answer.__dict__[self.name]):
            answer.__dict__[self.name] = answer.__dict__[self.name]()
        return answer.__dict__[self.name]

    def __set__(self, answer: Any, table: Any) -> None:
        answer.__dict__[self.name] = table


NO_ROWS: Any = WhenRead(pd.DataFrame)
NO_CHECKS: Any = WhenRead(checks_frame)


@dataclass(frozen=True, eq=False)
class Result:
    """An answer: terms, one line about the whole, the rows behind it, checks, notes.

    Attributes
    ----------
    title : str
        What was asked, in a sentence.
    spec : mapping
        The request that made the result, so that it can be made again.
    estimates : pandas.DataFrame
        One row per term with ``outcome, group, effect, term, estimate, std_error, df``. Where a term has no test
        the column ``tested`` (optional, bool) is False. Where not all tests belong together the column ``family``
        (optional, text) names those that do; empty for a test that stands alone.
    facts : mapping
        What ``glance()`` shows; begins with the names that every glance has.
    rows : pandas.DataFrame
        One row per observation, for ``augment()``.
    checks : pandas.DataFrame
        What ``diagnostics()`` shows. Like `rows`, it may be given as a function without arguments.
    notes : tuple of str
        What was dropped, repaired or assumed; printed under every table made from the result.
    simulated : bool
        Whether the data were simulated; the first note then says so, and every picture is marked.
    adjust : {"holm", "fdr", "none"}
        How p-values allow for the number of tests; ``adjusted()``, ``summary()`` and tables then show both.
    """

    title: str
    spec: Mapping[str, Any]
    estimates: pd.DataFrame
    facts: Mapping[str, Any]
    rows: pd.DataFrame = NO_ROWS
    checks: pd.DataFrame = NO_CHECKS
    notes: tuple[str, ...] = ()
    simulated: bool = False
    adjust: Adjustment = "none"

    def __post_init__(self) -> None:
        if self.simulated and SIMULATED not in self.notes:
            object.__setattr__(self, "notes", (SIMULATED, *self.notes))

    def made_from(self, data: Any) -> Self:
        """The same answer with the warnings of `data` (a study, or its scores), and marked where simulated."""
        told = note_of_warnings(warnings_of(data), self.notes)
        warned = changed(self, notes=(*self.notes, *told)) if told else self
        return changed(warned, simulated=True) if getattr(data, "simulated", False) else warned

    def __init_subclass__(cls, **options: Any) -> None:
        """Every kind of answer has one short form; that of a dataclass would write out its rows, ids and all."""
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}>"

    @property
    def conf_level(self) -> float:
        """The level of the intervals unless another is asked for."""
        return float(self.facts["conf_level"])

    def tidy(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per term, always with the same columns.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            ``outcome, group, effect, term, estimate, std_error, statistic, df, p_value, conf_low, conf_high``.
        """
        level = self.conf_level if conf_level is None else conf_level
        check_conf_level(level)
        columns = self._columns
        made = {name: columns[name] for name in TIDY if name in columns}
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.asarray(made["estimate"], dtype=float) / np.asarray(made["std_error"], dtype=float)
        made["statistic"] = np.where(columns["tested"], ratio, np.nan) if "tested" in columns else ratio
        made["p_value"] = two_sided_p(made["statistic"], made["df"])
        made["conf_low"], made["conf_high"] = self._interval(level)
        # Reading the names of columns takes pandas as long as laying out a small table; they are always the same.
        table = pd.DataFrame({place: made[name] for place, name in enumerate(TIDY)})
        table.columns = _tidy_names()
        return table

    def adjusted(self, conf_level: float | None = None) -> pd.DataFrame:
        """One row per term, with p-values that allow for the number of tests beside the raw ones.

        Parameters
        ----------
        conf_level : float, optional
            Level of the intervals, which stand for one term each; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            The columns of ``tidy()`` and ``p_adjusted``.
        """
        table = self.tidy(conf_level)
        return table.assign(p_adjusted=adjusted_p(table["p_value"], self.adjust, self.estimates.get("family")))

    def _shown(self, conf_level: float) -> pd.DataFrame:
        """The answer in words for people, with the adjusted p-values where there are any."""
        return written(
            self.tidy(conf_level) if self.adjust == "none" else self.adjusted(conf_level),
            conf_level,
            WRITTEN.get(self.adjust, ""),
        )

    def _interval(self, conf_level: float) -> tuple[Floats, Floats]:
        """Lower and upper ends for every row of `estimates`; t-based unless a subclass knows better."""
        columns = self._columns
        return wald_interval(columns["estimate"], columns["std_error"], columns["df"], conf_level)

    @property
    def _columns(self) -> Mapping[str, Any]:
        """The columns of `estimates`; no frame is made of them for it."""
        given = self.__dict__["estimates"]
        return given if isinstance(given, Columns) else {name: given[name].array for name in given}

    def glance(self) -> pd.DataFrame:
        """One row about the whole: how many rows and groups, what was left out, whether it converged."""
        ordered = {name: self.facts.get(name, np.nan) for name in GLANCE}
        return pd.DataFrame([{**ordered, **{k: v for k, v in self.facts.items() if k not in GLANCE}}])

    def augment(self) -> pd.DataFrame:
        """One row per observation used, with what the answer says about it."""
        return self.rows.copy()

    def diagnostics(self) -> pd.DataFrame:
        """Rows of check, value, threshold, ok and advice."""
        return self.checks.copy()

    def summary(self, conf_level: float | None = None) -> str:
        """The answer as text: title, terms, checks that failed, notes."""
        level = self.conf_level if conf_level is None else conf_level
        parts = [self.title, self._shown(level).to_string(index=False), self._facts_line()]
        checks = self.diagnostics()
        failed = checks[~checks["ok"].astype(bool)] if len(checks) else checks
        parts += [f"! {row.check}: {row.advice}" for row in failed.itertuples()]
        parts += [f"Note. {note}" for note in self.notes]
        return "\n\n".join(part for part in parts if part)

    def _facts_line(self) -> str:
        facts = self.facts
        line = f"{wording.count(int(facts['n_rows']), 'row')}, {wording.count(int(facts['n_groups']), 'group')}"
        excluded = int(facts["n_excluded"])
        return f"{line}; {wording.count(excluded, 'row')} not used." if excluded else f"{line}; none left out."

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the answer and return the matplotlib axes."""
        check_drawing(ax, options.get("title"))
        return draw(self, ax, **options)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        table = self._shown(self.conf_level).to_html(index=False, border=0, escape=True)
        notes = "".join(f"<p><em>Note.</em> {escape(note)}</p>" for note in self.notes)
        facts = "".join(f"<p>{_in_lines(part)}</p>" for part in self._facts_line().split("\n\n"))
        return f"<p><strong>{escape(self.title)}</strong></p>{table}{facts}{notes}"


def _in_lines(text: str) -> str:
    """Text whose lines stay lines on a page."""
    return "<br>".join(escape(line.strip()) for line in text.split("\n"))


Result.estimates = WhenRead(name="estimates")
Answer = TypeVar("Answer", bound=Result)


def changed(answer: Answer, **others: Any) -> Answer:
    """The same answer with other fields; a table that was not read yet is not made for it."""
    held = {one.name: vars(answer)[one.name] for one in fields(answer)}
    return type(answer)(**held | others)


@lru_cache(maxsize=1)
def _tidy_names() -> pd.Index:
    return pd.Index(TIDY)


def written(tidy: pd.DataFrame, conf_level: float, adjust: str = "") -> pd.DataFrame:
    """A tidy table in words for people: rounded, interval in one column, empty columns left out.

    Parameters
    ----------
    tidy : pandas.DataFrame
        From ``tidy()``, or from ``adjusted()``.
    conf_level : float
        The level of its intervals.
    adjust : str
        The written name of the method behind ``p_adjusted``.

    Returns
    -------
    pandas.DataFrame
        Text columns among ``Outcome, Group, Effect, Term, Estimate, SE, t, df, p``, the interval and the adjusted
        p-value.
    """
    interval_head = f"{wording.percent(conf_level)} CI"
    tested = tidy["std_error"].notna() | tidy["p_value"].notna()
    table = pd.DataFrame(
        {
            "Outcome": tidy["outcome"],
            "Group": tidy["group"],
            "Effect": tidy["effect"],
            "Term": tidy["term"],
            "Estimate": [wording.number(value) for value in tidy["estimate"]],
            "SE": [wording.number(value) for value in tidy["std_error"]],
            interval_head: [wording.interval(*ends) for ends in zip(tidy["conf_low"], tidy["conf_high"])],
            "t": [wording.number(value) for value in tidy["statistic"]],
            "df": [wording.df(value) for value in tidy["df"].where(tested)],
            "p": [wording.p_value(value) for value in tidy["p_value"]],
        }
    )
    if "p_adjusted" in tidy:
        table[f"p ({adjust})"] = [wording.p_value(value) for value in tidy["p_adjusted"]]
    empty = [name for name in table if (table[name].astype(str).isin(["–", ""])).all()]
    return table.drop(columns=empty)
