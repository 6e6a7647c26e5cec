"""The noun `Scores`: a score for every child, wave, informant and construct, with how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import ModelError, Problem, check_option, nearest
from securebase_analysis.measures.scoring.answers import OCCASION, Answers
from securebase_analysis.measures.scoring.blocks import INTERVIEWS, RATINGS
from securebase_analysis.measures.scoring.explanation import Explanation, explain
from securebase_analysis.measures.scoring.factor_units import in_factor_units
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import Codebook

WIDE_VALUES = ("score", "std_error", "score_100", "n_answered", "n_items")


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of a study, made by `score_dimensions`.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per child, wave, informant, instrument and construct: ``site, child, wave, informant, instrument,
        construct, score, std_error, n_answered, n_items, rule, score_100``. `score` is in the metric that the
        codebook declares, `score_100` a percentage of the possible range. For interviews `n_answered` of `n_items`
        counts the codes used of those the codebook has, for ratings the raters of those asked.
    occasions : pandas.DataFrame
        One row per child and wave with any score: ``site, child, wave, date, years, age, carer``, of a study with
        placements ``placement_start`` (of the placement on that day), and the columns of the child.
    notes : tuple of str
        What was dropped, merged or assumed.
    codebook : Codebook
        The codebook that the scores were made with.
    problems : tuple of Problem
        The notes and warnings with their codes and rows.
    spec : mapping
        The options that were asked for.
    occasion_rows : numpy.ndarray of int, shape (rows of frame,)
        For each row of `frame` its row in `occasions`.
    answers, passages, ratings
        What the scores were made from, for `explain`.
    measured : pandas.DataFrame
        ``site, child, wave, instrument, informant, date``: when each measure was taken, where it is known.
    factors : pandas.DataFrame
        The models behind scores by the rule ``factor``, a row for each item: ``instrument, construct, informant,
        part, item, weight, intercept, loading, uniqueness, n_rows, n_children, omega, cfi, rmsea``; items after
        reversal, and a factor of mean 0 and variance 1.
    simulated : bool
        Whether the study was simulated; what is made from the scores says so.
    told_before : tuple of Problem
        The warnings of the study; they stand under every answer that is made from the scores.
    """

    frame: pd.DataFrame
    occasions: pd.DataFrame
    notes: tuple[str, ...]
    codebook: Codebook
    problems: tuple[Problem, ...] = ()
    spec: Mapping[str, object] = field(default_factory=dict)
    occasion_rows: NDArray[np.int_] = field(default_factory=lambda: np.empty(0, dtype=np.int64), repr=False)
    answers: tuple[Answers, ...] = field(default=(), repr=False)
    passages: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    ratings: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    measured: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    factors: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    simulated: bool = False
    told_before: tuple[Problem, ...] = ()

    def wide(
        self, value: str = "score", informant: str | None = None, instrument: str | None = None
    ) -> pd.DataFrame:
        """One row per child and wave, one column per construct, ready for a formula.

        Parameters
        ----------
        value : {"score", "score_100", "std_error", "n_answered", "n_items"}
            What to put in the columns.
        informant, instrument : str, optional
            Only the scores of this informant or instrument.

        Returns
        -------
        pandas.DataFrame
            The columns of `occasions`, then one per construct. Of a construct that was measured more than once the
            first instrument and informant of the codebook has the bare name (``trust``); the others are called by
            informant (``trust_teacher``) or instrument (``trust_interviews``), see `column_names`.

        Raises
        ------
        ModelError
            When there are no scores of that informant or instrument.
        """
        check_option("value", value, WIDE_VALUES)
        names = self.column_names(informant, instrument)
        columns: dict[str, NDArray[np.float64]] = {}
        numbers = self._measures()[1]
        values = self.frame[value].to_numpy(float)
        for name, row in zip(names["column"], names.index):
            chosen = np.flatnonzero(numbers == row)
            column = np.full(len(self.occasions), np.nan)
            column[self.occasion_rows[chosen]] = values[chosen]
            columns[name] = column
        clear = self.occasions.drop(columns=list(columns), errors="ignore")
        return pd.concat([clear, pd.DataFrame(columns, index=clear.index)], axis=1)

    def column_names(self, informant: str | None = None, instrument: str | None = None) -> pd.DataFrame:
        """Which column of `wide` holds which measure.

        Returns
        -------
        pandas.DataFrame
            ``column, construct, instrument, informant``.
        """
        measures, _ = self._measures()
        for name, wanted in (("informant", informant), ("instrument", instrument)):
            if wanted is not None and wanted not in set(measures[name]):
                raise ModelError(_nobody(name, wanted, list(dict.fromkeys(measures[name]))))
            if wanted is not None:
                measures = measures[measures[name] == wanted]
        return _named(measures, self.codebook)

    def dates(self) -> pd.DataFrame:
        """When the measure in each column of `wide` was taken, row for row; missing where it is not known.

        Returns
        -------
        pandas.DataFrame
            One column of dates for each measure, named as in `wide`.
        """
        names = self.column_names()
        dates = {}
        for column, instrument, informant in zip(names["column"], names["instrument"], names["informant"]):
            dates[column] = pd.Series(pd.NaT, index=self.occasions.index, dtype="datetime64[us]")
            if len(self.measured):
                mine = (self.measured["instrument"] == instrument) & (self.measured["informant"] == informant)
                taken = self.occasions[OCCASION].merge(self.measured[mine], on=OCCASION, how="left")["date"]
                dates[column] = taken.set_axis(self.occasions.index)
        return pd.DataFrame(dates, index=self.occasions.index)

    def _measures(self) -> tuple[pd.DataFrame, NDArray[np.int_]]:
        """The different measures (construct, instrument, informant), and the measure of every row of `frame`."""
        codes = np.zeros(len(self.frame), dtype=np.int64)
        for name in ("construct", "instrument", "informant"):
            number, levels = pd.factorize(self.frame[name])
            codes = codes * len(levels) + number
        numbers, first = np.unique(codes, return_index=True)
        table = self.frame.iloc[first][["construct", "instrument", "informant"]]
        return table.set_axis(numbers), codes

    def factor_scores(self) -> pd.DataFrame:
        """Scores by the rule ``factor`` in standard deviations of the factor, given the model.

        Returns
        -------
        pandas.DataFrame
            ``site, child, wave, informant, instrument, construct, score, std_error``, a row each time a
            questionnaire was filled in; the factor has mean 0 and variance 1 over all rows of an informant. A
            construct with a factor for each of its parts has none of its own.

        Notes
        -----
        These are the scores by regression that lavaan's ``lavPredict`` gives of a factor with variance 1, and
        their errors as if the model were known. Those of `frame` are on the scale of the items, and their
        standard errors also hold that the model is estimated.
        """
        return in_factor_units(self.answers, self.factors)

    def explain(self, child: str, wave: int, construct: str, site: str | None = None) -> Explanation:
        """Everything behind the scores of one child on one construct at one wave.

        Parameters
        ----------
        child : str
            The child's id in the study.
        wave : int
            Number of the wave.
        construct : str
            A construct or scale.
        site : str, optional
            Needed when the same id occurs at several sites.

        Returns
        -------
        Explanation
            ``.scores``, ``.items``, ``.passages``, ``.ratings`` as tables, and ``.text`` with the sum that
            leads to each score.
        """
        return explain(self, str(child), int(wave), construct, site)

    def __repr__(self) -> str:
        return f"<Scores: {self._line()}>"

    def _line(self) -> str:
        children = len(self.occasions[["site", "child"]].drop_duplicates())
        missing = int(self.frame["score"].isna().sum())
        return (
            f"{wording.count(len(self.frame), 'score')} of {wording.count(children, 'child', 'children')} on "
            f"{wording.count(len(self.occasions), 'occasion')}, "
            f"{wording.count(self.frame['construct'].nunique(), 'construct')}; {missing:,} missing"
        )

    def _repr_html_(self) -> str:
        overview = self.frame.groupby(["instrument", "informant", "construct"], sort=False).agg(
            n=("score", "count"), missing=("score", lambda s: int(s.isna().sum())), mean=("score", "mean"),
            sd=("score", "std"), std_error=("std_error", "mean"),
        )  # fmt: skip
        table = overview.round(2).reset_index().to_html(index=False, border=0)
        notes = "".join(f"<p><em>Note.</em> {escape(note)}</p>" for note in self.notes)
        return f"<p><strong>Scores</strong>: {escape(self._line())}.</p>{table}{notes}"


def _nobody(name: str, wanted: str, known: list[str]) -> Problem:
    guess = nearest(wanted, known)
    return Problem(
        "SB-MODEL-30",
        "stop",
        f"There are no scores with {name} {wanted!r}.",
        why="The table would have no columns.",
        fix=f"{name}={guess!r}" if guess else f"{name} is one of {', '.join(map(repr, known))}",
    )


def _named(measures: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Give every measure its column: the first of a construct the bare name, the others their difference."""
    ordered = measures.assign(order=_codebook_order(measures, codebook)).sort_values("order", kind="stable")
    names = []
    for construct, instrument, informant in zip(ordered["construct"], ordered["instrument"], ordered["informant"]):
        same = ordered[ordered["construct"] == construct]
        first = same.iloc[0]
        if (instrument, informant) == (first["instrument"], first["informant"]):
            names.append(construct)
        elif instrument == first["instrument"]:
            names.append(f"{construct}_{informant}")
        else:
            alone = (same["instrument"] == instrument).sum() == 1
            free = instrument in (INTERVIEWS, RATINGS) or informant in ("", first["informant"])
            among = same.loc[same["instrument"] != instrument, "informant"]
            suffix = instrument if free or informant in set(among) else informant
            names.append(f"{construct}_{suffix}" if alone else f"{construct}_{instrument}_{informant}")
    table = ordered.drop(columns="order").assign(column=_plain_names(names))
    position = {name: index for index, name in enumerate(dict.fromkeys(_construct_order(measures, codebook)))}
    table = table.assign(place=table["construct"].map(position)).sort_values("place", kind="stable")
    return table[["column", "construct", "instrument", "informant"]]


def _plain_names(names: list[str]) -> list[str]:
    """Names that a formula can hold: no spaces."""
    return ["_".join(name.split()) for name in names]


def _codebook_order(measures: pd.DataFrame, codebook: Codebook) -> list[tuple[int, int]]:
    """Instruments as in the codebook, then interviews, then ratings; informants as the instrument lists them."""
    instruments = [*codebook.instruments["instrument"], INTERVIEWS, RATINGS]
    informants = {row.instrument: list(row.informants) for row in codebook.instruments.itertuples()}
    seen = list(dict.fromkeys(measures["informant"]))
    order = []
    for instrument, informant in zip(measures["instrument"], measures["informant"]):
        listed = [*informants.get(instrument, []), *seen]
        order.append((instruments.index(instrument), listed.index(informant)))
    return order


def _construct_order(measures: pd.DataFrame, codebook: Codebook) -> list[str]:
    """The model's constructs first, then scales as the codebook lists them."""
    from securebase_analysis import theory

    known = [*(construct.name for construct in theory.CONSTRUCTS), *codebook.scales["scale"]]
    present = set(measures["construct"])
    return [*(name for name in known if name in present), *measures["construct"]]


def naming_note(measures: pd.DataFrame, codebook: Codebook) -> str:
    """The sentence that says which measures of the same construct have which column in `wide`.

    Parameters
    ----------
    measures : pandas.DataFrame
        ``construct, instrument, informant``, one row per measure.
    codebook : Codebook
        For the order of instruments and informants.
    """
    names = _named(measures, codebook)
    several = names[names.duplicated("construct", keep=False)]
    if several.empty:
        return ""
    first = several.drop_duplicates("construct")
    others = several.drop(first.index)
    bare = sorted({_source(row.instrument, row.informant) for row in first.itertuples()})
    return (
        f"Some constructs were measured more than once. In wide tables the bare name is that of "
        f"{', '.join(bare)}; the others are {', '.join(others['column'])}."
    )


def _source(instrument: str, informant: str) -> str:
    return f"{instrument} ({informant})" if informant else instrument
