"""The verb: scales, totals, impact and bands of the SDQ from one informant's answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.measures.scoring.answers import read_answers
from securebase_analysis.measures.scoring.dimensions import TOTAL_MISSING, TotalMissing
from securebase_analysis.measures.scoring.direction_checks import direction_problems
from securebase_analysis.measures.scoring.items import score_answers
from securebase_analysis.measures.scoring.material import table_of_forms
from securebase_analysis.measures.scoring.range_checks import (
    fractions_among_whole,
    never_the_lowest,
    range_problems,
)
from securebase_analysis.measures.scoring.scoring_key import scoring_key
from securebase_analysis.measures.strengths_difficulties.bands import band_facts, bands_of
from securebase_analysis.measures.strengths_difficulties.column_names import ITEMS, PREFIXES, Names, item_columns
from securebase_analysis.measures.strengths_difficulties.impact import impact_score
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_files import load_codebook
from securebase_analysis.study.questionnaire import Questionnaire

Informant = Literal["parent", "teacher", "self"]
Coding = Literal["0-2", "1-3"]
BandSet = Literal["three", "four", "in care", "in care, beside the BAC"]

CODINGS: tuple[Coding, ...] = ("0-2", "1-3")
BAND_SETS: tuple[BandSet, ...] = ("three", "four", "in care", "in care, beside the BAC")
KEYS = ("site", "child", "wave", "informant", "date")


def score_sdq(
    items: pd.DataFrame | Questionnaire,
    informant: Informant = "parent",
    *,
    names: Names = None,
    coding: Coding | None = None,
    bands: BandSet = "three",
    total_missing: TotalMissing = "any",
    force_reversed: Collection[str] = (),
) -> pd.DataFrame:
    """Score the Strengths and Difficulties Questionnaire from one informant's answers.

    Parameters
    ----------
    items : pandas.DataFrame or Questionnaire
        One row per answered form, or a file from `read_questionnaire`. The 25 items may be called ``sdq1`` to
        ``sdq25``, ``sdq_01``, ``p1`` (t1, s1), ``1``, or by the official short names, with or without the prefix
        p, t or s.
    informant : {"parent", "teacher", "self"}
        Who answered; decides the prefix, the impact items and the bands. Carers answer the parent form.
    names : mapping or sequence of str, optional
        Columns under other names: 25 of them in the order of the form, or ``{"sdq1": "column"}``; a mapping may
        name the impact items too (``distres, imphome, impfrie, impclas, impleis, ebddiff``).
    coding : {"0-2", "1-3"}, optional
        How the answers are coded. Files that hold 1-3 are brought to 0-2 only when this says so (impact items 1-4
        to 0-3 along with them). Without it 0-2, unless none of many answers is 0: then it has to be said.
    bands : {"three", "four", "in care", "in care, beside the BAC"}
        Which set of cut-offs the band columns use. Those for children in care are of the total that carers give, a
        first-stage screen for further assessment: 10, or 11 where the BAC is used beside it (8 there).
    total_missing : {"any", "more than one"}
        Whether the total is missing when any of its four scales is (Goodman), or prorated when just one is.
    force_reversed : collection of str
        Items to reverse although they already run with their scale.

    Returns
    -------
    pandas.DataFrame
        With the index of `items`: its columns ``site, child, wave, informant, date`` where it has them;
        ``sdq_emotional, sdq_conduct, sdq_hyperactivity, sdq_peer, sdq_prosocial`` (0-10), ``sdq_total`` (0-40),
        ``sdq_internalising, sdq_externalising`` (0-20), ``sdq_impact`` (0-10, teachers 0-6) where its items are
        there; the band of each as ``..._band``; ``n_answered`` of the 25 items; `bands_source` and
        `bands_verified`, whether every cut-off used was checked against that source.

    Raises
    ------
    DataError
        When items are absent or ambiguous, or answers lie outside the declared coding.

    Notes
    -----
    A scale needs 3 of its 5 items and is floor(0.5 + 5 · mean): halves go up, so that four answers adding to 2
    give 3. Each impact item counts 0, 0, 1, 2 for answers 0 to 3; impact is 0 when the informant sees no
    difficulties (``ebddiff`` = 0), and missing when one of its items is. Cut-offs belong to the country they were
    made in. Notes on missing answers, straight lines and reliability come with `score_dimensions`.

    References
    ----------
    Goodman, R. (1997), *J. Child Psychol. Psychiat.* 38, 581-586. Goodman, R. (1999), *ibid.* 40, 791-799
    (impact).

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame([[1] * 25], columns=[f"sdq{number}" for number in range(1, 26)])
    >>> score_sdq(answers)[["sdq_total", "sdq_total_band", "sdq_prosocial"]]
       sdq_total sdq_total_band  sdq_prosocial
    0       20.0       abnormal            5.0
    """
    check_option("informant", informant, list(PREFIXES))
    check_option("coding", coding, (None, *CODINGS))
    check_option("bands", bands, BAND_SETS)
    check_option("total_missing", total_missing, TOTAL_MISSING)
    codebook = load_codebook("sdq")
    _check_cut_offs(codebook, informant, bands)
    table = table_of_forms(items)
    columns = item_columns(table, informant, names)
    step = 1.0 if coding == "1-3" else 0.0
    scores = _scales(table, columns, codebook, coding, total_missing, force_reversed)
    impact = impact_score(table, informant, names, step)
    if impact is not None:
        scores["sdq_impact"] = impact
    banded = bands_of(scores, codebook, informant, bands)
    keys = table[[name for name in KEYS if name in table and name not in columns.values()]]
    return pd.concat([keys, scores.drop(columns="n_answered"), banded, scores[["n_answered"]]], axis=1).assign(
        **band_facts(codebook, informant, bands)
    )


def _check_cut_offs(codebook: Codebook, informant: str, bands: str) -> None:
    """Refuse a set of cut-offs that does not hold for the informant."""
    known = codebook.bands[codebook.bands["informant"] == informant]["bands"].unique()
    if bands not in known:
        what = f"bands={bands!r} holds for the answers of carers and parents, not for informant={informant!r}."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix='bands="three"'))


def _scales(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    codebook: Codebook,
    coding: Coding | None,
    total_missing: TotalMissing,
    force_reversed: Collection[str],
) -> pd.DataFrame:
    """The scales and their sums, checked and scored as any other questionnaire."""
    chosen = table[list(columns.values())].set_axis(list(ITEMS), axis=1).reset_index(drop=True)
    key = scoring_key(codebook, "sdq")
    step = 1.0 if coding == "1-3" else 0.0
    answers, problems = read_answers(chosen, key, codebook, shift={"sdq": {1: -step}} if step else None)
    if answers is not None:
        outside = [_about_coding(problem, step) for problem in range_problems(answers)]
        problems += outside or [
            *fractions_among_whole(answers, "stop"),
            *direction_problems(answers, force_reversed),
        ]
        problems += [] if coding or outside else never_the_lowest(answers)
    raise_if_stopped(problems)
    assert answers is not None  # it is withheld only together with a stop
    scored = {scale.construct: scale.score for scale in score_answers(answers, total_missing)}
    named = [*codebook.scales["scale"]]
    frame = pd.DataFrame({name: scored[name] for name in named}, index=table.index)
    return frame.assign(n_answered=(~np.isnan(answers.values)).sum(axis=1))


def _about_coding(problem: Problem, step: float) -> Problem:
    """A shifted coding is mended by the option `coding` here."""
    other = "0-2" if step else "1-3"
    if problem.code != "SB-ITEM-05":
        return problem
    return replace(
        problem, what=f"The answers are not coded as declared; they look like {other}.", fix=f'coding="{other}"'
    )
