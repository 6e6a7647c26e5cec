"""The verb: scales, conversions, bands and T-scores of one questionnaire from a table of its items."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, nearest, raise_if_stopped
from securebase_analysis.measures.questionnaires.cut_offs import bands_by_informant, facts_of
from securebase_analysis.measures.questionnaires.item_columns import Names, columns_of_items
from securebase_analysis.measures.questionnaires.norms import score_by_norms
from securebase_analysis.measures.scoring.answers import Answers, read_answers
from securebase_analysis.measures.scoring.dimensions import TOTAL_MISSING, TotalMissing
from securebase_analysis.measures.scoring.direction_checks import direction_problems
from securebase_analysis.measures.scoring.items import score_answers
from securebase_analysis.measures.scoring.material import table_of_forms
from securebase_analysis.measures.scoring.range_checks import (
    fractions_among_whole,
    never_the_lowest,
    range_problems,
)
from securebase_analysis.measures.scoring.scoring_key import ScoringKey, scoring_key
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import FACTOR
from securebase_analysis.study.codebook_files import load_codebook
from securebase_analysis.study.questionnaire import Questionnaire

KEYS = ("site", "child", "wave", "informant", "date")
T_BANDS = "T"
FROM_TO = re.compile(r"\s*(-?\d+)\s*(?:-|–|to)\s*(-?\d+)\s*")


@dataclass(frozen=True, eq=False)
class Form:
    """One questionnaire of a codebook: its key, and how it is called."""

    codebook: Codebook
    key: ScoringKey

    @property
    def title(self) -> str:
        """For messages."""
        return self.codebook.title_of(self.key.instrument)

    @property
    def items(self) -> list[str]:
        """Every item once, in the order of the form."""
        return list(dict.fromkeys(self.codebook.items_of(self.key.instrument)["item"]))

    @property
    def band_sets(self) -> list[str]:
        """Names of the sets of cut-offs for its scales, those of T-scores apart."""
        mine = {scale.construct for scale in self.key.scales}
        bands = self.codebook.bands
        return list(dict.fromkeys(bands.loc[bands["scale"].isin(mine), "bands"]))


def score_questionnaire(
    items: pd.DataFrame | Questionnaire,
    key: str | Codebook,
    *,
    instrument: str | None = None,
    informant: str | None = None,
    names: Names = None,
    coding: str | None = None,
    bands: str | None = None,
    norms: pd.DataFrame | None = None,
    total_missing: TotalMissing = "any",
    force_reversed: Collection[str] = (),
) -> pd.DataFrame:
    """Score a questionnaire from a table of its items by a key that comes with the package, or by one's own.

    Parameters
    ----------
    items : pandas.DataFrame or Questionnaire
        One row per answered form, or a file from `read_questionnaire`. Items may be called as in the key
        (``psc1``), ``psc_1``, ``psc01``, ``psc_01``, or by their number alone.
    key : str or Codebook
        A name of `scoring_keys`, such as ``"swemwbs"``, or a codebook of one's own.
    instrument : str, optional
        Which questionnaire of a codebook that holds several.
    informant : str, optional
        Who answered; chooses the cut-offs. Without it the column ``informant`` is used, or the first that the key
        lists.
    names : mapping or sequence of str, optional
        Columns under other names: all in the order of the key, or ``{"psc1": "column"}`` for those that differ.
        Also for forms that print the items in another order than the key.
    coding : str, optional
        Lowest and highest answer in the file, ``"1-4"``, where they are not those of the key; the scores are on
        the scale of the key.
    bands : str, optional
        Which set of cut-offs to use, where a key has several; the first without it.
    norms : pandas.DataFrame, optional
        Norms for T-scores, see `score_by_norms`; its columns that choose a group are looked for in `items`.
    total_missing : {"any", "more than one"}
        When a scale that is a sum of scales is missing.
    force_reversed : collection of str
        Items to reverse although they already run with their scale.

    Returns
    -------
    pandas.DataFrame
        With the index of `items`: its columns ``site, child, wave, informant, date`` where it has them; a column
        per scale; with norms ``<scale>_t``; ``<scale>_band`` where there are cut-offs; ``n_answered``;
        ``key_source, key_verified`` and ``bands_source, bands_verified``: where rule and cut-offs come from, and
        whether they were checked against it.

    Raises
    ------
    DataError
        When items are absent or ambiguous, answers lie outside their range, or the norms do not fit.
    ModelError
        For a key, an option or a coding that there is not.

    Notes
    -----
    The rule of each key stands in its file and in `scoring_keys`; which answers a score needs, and what blanks
    count, differs between questionnaires. A key whose source gives no rule for blanks scores complete forms only.
    Where no answer among many is the lowest that the key allows, the file may begin to count at 1 where the key
    begins at 0: then `coding` has to be said. Cut-offs belong to the people and the country they were made with.
    `score_dimensions` takes the same keys and gives standard errors and notes; the impact of the SDQ comes with
    `score_sdq`.

    References
    ----------
    Stewart-Brown, S. et al. (2009), *Health Qual. Life Outcomes* 7:15 (SWEMWBS). Gardner, W. et al. (1999),
    *Ambul. Child Health* 5, 225-236 (PSC-17). Tarren-Sweeney, M. (2013), *Child. Youth Serv. Rev.* 35, 771-779
    (BAC). Chorpita, B. F. et al. (2000), *Behav. Res. Ther.* 38, 835-855 (RCADS).

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame([[3, 4, 3, 4, 3, 4, 4]], columns=[f"swemwbs{number}" for number in range(1, 8)])
    >>> score_questionnaire(answers, "swemwbs")[["swemwbs_sum", "swemwbs_metric"]]
       swemwbs_sum  swemwbs_metric
    0         25.0           22.35
    """
    check_option("total_missing", total_missing, TOTAL_MISSING)
    form = _form(key, instrument)
    table = table_of_forms(items)
    columns = columns_of_items(table, form.items, form.title, names)
    sets = _band_sets(form, bands)
    who = _informants(form, table, informant)
    scores, answered = _scales(form, table, columns, coding, total_missing, force_reversed)
    kept = table[[name for name in KEYS if name in table and name not in columns.values()]]
    if norms is not None:
        people = table.drop(columns=[*scores.columns, *columns.values()], errors="ignore")
        people = pd.concat([people.assign(informant=who), scores], axis=1)
        scores = pd.concat([scores, score_by_norms(people, norms)], axis=1)
        sets = [*sets, T_BANDS]
    return pd.concat([kept, scores, bands_by_informant(scores, form.codebook, who, sets)], axis=1).assign(
        n_answered=answered, **facts_of(form.codebook, form.key.instrument, sets)
    )


def _form(key: str | Codebook, instrument: str | None) -> Form:
    """The questionnaire that is meant.

    Raises
    ------
    ModelError
        When the key is neither a name nor a codebook, or it is not said which of several is meant.
    """
    if not isinstance(key, str | Codebook):
        what = f"key is a {type(key).__name__}, neither a name nor a codebook."
        raise ModelError(Problem("SB-MODEL-41", "stop", what, fix='key="swemwbs"; scoring_keys() lists them.'))
    codebook = load_codebook(key) if isinstance(key, str) else key
    known = [str(name) for name in codebook.instruments["instrument"] if codebook.constructs_of(str(name))]
    chosen = known[0] if instrument is None and len(known) == 1 else instrument
    if chosen not in known:
        guess = nearest(chosen or "", known)
        what = f"instrument={instrument!r} is not one of the questionnaires of this codebook."
        if not known:
            what = f"The codebook {codebook.name} has no questionnaire."
        fix = f"instrument= one of {', '.join(map(repr, known))}" if known else "key= one of scoring_keys()"
        fix = f"instrument={guess!r}" if guess else fix
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix=fix))
    if codebook.rule_of(chosen)["rule"] == FACTOR:
        what = f"{chosen} is scored by a factor, which is fitted to all rows together."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix="score_dimensions(items, codebook)"))
    return Form(codebook, scoring_key(codebook, chosen))


def _band_sets(form: Form, bands: str | None) -> list[str]:
    """The set of cut-offs that is asked for, or the first."""
    sets = [name for name in form.band_sets if name != T_BANDS]
    if bands is None:
        return sets[:1]
    if not sets:
        what = f"{form.title} has no cut-offs, so bands={bands!r} has no meaning."
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix="Leave bands out."))
    check_option("bands", bands, sets)
    return [bands]


def _informants(form: Form, table: pd.DataFrame, informant: str | None) -> pd.Series:
    """Who answered each form."""
    known = list(form.key.informants)
    if informant is not None:
        check_option("informant", informant, known or [informant])
        return pd.Series(informant, index=table.index, dtype="str")
    if "informant" in table:
        return table["informant"].astype("str")
    return pd.Series(known[0] if known else "", index=table.index, dtype="str")


def _scales(
    form: Form,
    table: pd.DataFrame,
    columns: dict[str, str],
    coding: str | None,
    total_missing: TotalMissing,
    force_reversed: Collection[str],
) -> tuple[pd.DataFrame, np.ndarray]:
    """Every scale, checked and scored as in a study, and how many items were answered."""
    key = form.key
    for item in [force_reversed] if isinstance(force_reversed, str) else force_reversed:
        check_option("force_reversed", item, list(columns))
    step = _step(key, coding)
    chosen = table[list(columns.values())].set_axis(list(columns), axis=1).reset_index(drop=True)
    answers, problems = read_answers(
        chosen, key, form.codebook, shift={key.instrument: {1: -step}} if step else None
    )
    problems = [
        problem for problem in problems if problem.code != "SB-ITEM-05"
    ]  # that it was shifted was asked for
    if answers is not None:
        outside = [_about_coding(problem, answers, step) for problem in range_problems(answers)]
        problems += outside or [
            *fractions_among_whole(answers, "stop"),
            *direction_problems(answers, force_reversed),
        ]
        problems += [] if coding or outside else never_the_lowest(answers)
    raise_if_stopped(problems)
    assert answers is not None  # it is withheld only together with a stop
    scored = {scale.construct: scale.score for scale in score_answers(answers, total_missing)}
    return pd.DataFrame(scored, index=table.index), (~np.isnan(answers.values)).sum(axis=1)


def _step(key: ScoringKey, coding: str | None) -> float:
    """By how much the answers of the file are above those of the key.

    Raises
    ------
    ModelError
        When the coding cannot be read, or is not as wide as the range of the items.
    """
    if coding is None:
        return 0.0
    found = FROM_TO.fullmatch(str(coding))
    low, high = key.ranges
    ends = (float(low.min()), float(high.max()))
    if (
        found is None
        or len(set(low)) > 1
        or len(set(high)) > 1
        or float(found[2]) - float(found[1]) != ends[1] - ends[0]
    ):
        what = f"coding={coding!r} is not a range as wide as the answers of this key."
        fix = f'coding="{_range(ends, 0.0)}" or, from 1 more, coding="{_range(ends, 1.0)}"'
        raise ModelError(Problem("SB-MODEL-30", "stop", what, fix=fix))
    return float(found[1]) - ends[0]


def _range(ends: tuple[float, float], step: float) -> str:
    return f"{ends[0] + step:g}-{ends[1] + step:g}"


def _about_coding(problem: Problem, answers: Answers, step: float) -> Problem:
    """A shifted coding is mended by the option `coding` here."""
    if problem.code != "SB-ITEM-05":
        return problem
    low, high = answers.key.ranges
    ends = (float(low[0]), float(high[0]))
    beyond = float(np.nanmax(answers.values - high))
    off = beyond if beyond > 0.0 else float(np.nanmin(answers.values - low))
    declared, likely = _range(ends, step), _range(ends, step + off)
    what = f"The answers are not coded {declared}, as declared; they look like {likely}."
    why = "Answers counted from another number are other scores."
    return replace(problem, what=what, why=why, fix=f'coding="{likely}"')
