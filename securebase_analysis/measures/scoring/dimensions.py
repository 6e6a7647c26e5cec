"""From answers, coded interviews and ratings to scores of the model's dimensions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.measures.scoring.answer_notes import notes_on, scales_not_asked
from securebase_analysis.measures.scoring.answers import (
    OCCASION,
    OCCASION_AND_INFORMANT,
    Answers,
    Shift,
    keyed,
    read_answers,
)
from securebase_analysis.measures.scoring.blocks import ScoreBlock
from securebase_analysis.measures.scoring.direction_checks import direction_problems
from securebase_analysis.measures.scoring.factor_models import factor_models, factors_frame
from securebase_analysis.measures.scoring.factor_models_told import notes_on_factors
from securebase_analysis.measures.scoring.interviews import INTERVIEW_RULES, InterviewRule, score_interviews
from securebase_analysis.measures.scoring.items import score_answers
from securebase_analysis.measures.scoring.material import Material, material_of, said_of_file
from securebase_analysis.measures.scoring.measured import measured_when
from securebase_analysis.measures.scoring.occasions import describe_occasions
from securebase_analysis.measures.scoring.range_checks import fractions_among_whole, range_problems
from securebase_analysis.measures.scoring.raters import score_ratings
from securebase_analysis.measures.scoring.scores import Scores, naming_note
from securebase_analysis.measures.scoring.scoring_key import scoring_key
from securebase_analysis.results.warnings_of_data import warnings_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import FACTOR

if TYPE_CHECKING:
    from securebase_analysis.study.questionnaire import Questionnaire
    from securebase_analysis.study.study import Study

TotalMissing = Literal["any", "more than one"]
TOTAL_MISSING: tuple[TotalMissing, ...] = ("any", "more than one")


@dataclass(frozen=True, eq=False)
class Scored:
    """One kind of material after scoring: its block, what it was made from, and what was found."""

    block: ScoreBlock | None
    problems: list[Problem]
    answers: Answers | None = None
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)


def score_dimensions(
    data: Study | Questionnaire | pd.DataFrame,
    codebook: Codebook | None = None,
    *,
    interviews: InterviewRule = "balance",
    informant: str | Sequence[str] | None = None,
    total_missing: TotalMissing = "any",
    force_reversed: Collection[str] = (),
    shift: Shift | None = None,
) -> Scores:
    """Score questionnaires, coded interviews and ratings on the model's dimensions, each with a standard error.

    Parameters
    ----------
    data : Study, Questionnaire or pandas.DataFrame
        A study, a file from `read_questionnaire`, or a wide table with one row per child (and wave, and informant)
        and one column per item. In a table the columns ``site, child, wave, informant`` are optional; without a
        child each row is one.
    codebook : Codebook, optional
        Needed for a file or a table; a study brings its own.
    interviews : {"balance", "presence", "count", "rate"}
        How coded passages become a score: the balance of strengths and concerns, whether any strength was coded,
        the number of strengths, or their number per 1,000 words.
    informant : str or sequence of str, optional
        Score these informants only.
    total_missing : {"any", "more than one"}
        When a scale that is a sum of scales is missing: when any part is (Goodman's rule for the SDQ), or only
        when more than one is, the sum then being prorated from the others.
    force_reversed : collection of str
        Items to reverse although they already run with their scale.
    shift : mapping, optional
        A number to add to all answers of a wave, ``{"instrument": {2: -1}}``, where it was coded 1-5 and not 0-4.

    Returns
    -------
    Scores
        ``.frame`` has one row per child, wave, informant and construct; ``.wide()`` one per child and wave;
        ``.explain(child, wave, construct)`` says what a number was made from.

    Raises
    ------
    DataError
        With every problem found: answers outside their range, undeclared missing codes, unknown interview codes,
        absent items, repeated rows, items that were reversed twice.
    ModelError
        For a table without a codebook, or an option that is not one of the words above.

    Notes
    -----
    *Questionnaires.* A reversed item counts as low + high - x, once. With at least `minimum_answered` answers the
    share of the possible points that they reach is carried over to the whole scale; for items of one range this
    is their (weighted) mean, or the number of items times it. "half up" rounds 2.5 to 3. The standard error is
    SD · sqrt(1 - alpha), alpha over all waves for each instrument, construct and informant, larger by
    sqrt(items / answered) when answers are missing. It describes a typical person: answers near the ends of a
    scale are usually more precise than it says. Of a whole with parts the errors of the parts add up (stratified
    alpha).

    With the rule ``factor`` the answers to the items of a construct, of each informant, have one factor in common,
    fitted to all rows of all waves by maximum likelihood from whatever was answered. The score is the mean of the
    items that is expected of the child given its answers, free of their errors (the regression method); its
    standard error holds what the answers leave open, and that the model is estimated. Items that share more with
    the factor count for more. A whole has a factor for each of its parts, taken together by their weights. That
    items measure the same at every wave is an assumption; `Scores.factors` holds the models, and
    `Scores.factor_scores` gives the scores in standard deviations. Such scores vary less than the construct: as a
    single predictor they give unbiased slopes, as outcomes slopes that are drawn to 0 (Skrondal & Laake 2001);
    `fit_sem` and `fit_measurement` do without scores.

    *Interviews.* With strengths S and concerns C (sums of code weights; overlapping segments of one coder and code
    count once) the balance is 100 (S + ½) / (S + C + 1), the mean of a Jeffreys posterior of the share of
    strengths; its standard error is that posterior's standard deviation, to which the variance between coders of
    the same interview is added, divided by their number. A balance near 50 means as much against as for, not
    little said: look at the standard error.

    *Wholes and parts.* Family membership has its own items and those of its parts (foster or adoptive family,
    birth family); each part has a score of its own too.

    References
    ----------
    Goodman, R. (1997), The Strengths and Difficulties Questionnaire: a research note, *J. Child Psychol.
    Psychiat.* 38, 581-586 (the SDQ). Lord, F. M. & Novick, M. R. (1968), *Statistical Theories of Mental Test
    Scores* (standard error of measurement). Brown, L. D., Cai, T. T. & DasGupta, A. (2001), Interval estimation
    for a binomial proportion, *Statist. Sci.* 16, 101-133 (Jeffreys posterior). Thurstone, L. L. (1935), *The
    Vectors of Mind* (factor scores by regression). Skrondal, A. & Laake, P. (2001), Regression among factor
    scores, *Psychometrika* 66, 563-575.

    Examples
    --------
    >>> import pandas as pd
    >>> from securebase_analysis.study.codebook import make_codebook
    >>> book = make_codebook("Pilot", "1", {
    ...     "instruments": [{"instrument": "visit", "minimum_answered": 2}],
    ...     "items": [{"item": item, "instrument": "visit", "construct": "trust", "low": 0, "high": 4}
    ...               for item in ("t1", "t2", "t3")],
    ... })
    >>> answers = pd.DataFrame({"child": ["a", "b"], "t1": [4, 1], "t2": [2, None], "t3": [3, None]})
    >>> score_dimensions(answers, book).frame[["score", "n_answered", "n_items"]]
       score  n_answered  n_items
    0   75.0           3        3
    1    NaN           1        3
    """
    check_option("interviews", interviews, list(INTERVIEW_RULES))
    check_option("total_missing", total_missing, TOTAL_MISSING)
    _check_informant_and_shift(informant, shift)
    chosen = [informant] if isinstance(informant, str) else informant
    material = material_of(data, codebook)
    _check_names(force_reversed, shift, material)
    scored = [
        _score_questionnaire(name, table, material, chosen, total_missing, force_reversed, shift)
        for name, table in material.responses.items()
    ]
    told, passages = _score_interviews(material, interviews, chosen)
    rated = _score_ratings(material, chosen)
    scored += [part for part in (told, rated) if part is not None]
    problems = said_of_file((problem for part in scored for problem in part.problems), data)
    raise_if_stopped(problems)
    blocks = [part.block for part in scored if part.block is not None]
    if not any(block.kept.any() for block in blocks):
        raise_if_stopped([*problems, _nothing_to_score(material)])
    spec: dict[str, object] = {
        "verb": "score_dimensions",
        "interviews": interviews,
        "informant": informant,
        "total_missing": total_missing,
        "force_reversed": list(force_reversed),
        "shift": shift,
    }
    answers = tuple(part.answers for part in scored if part.answers is not None)
    scores = _assembled(blocks, material, problems, spec, answers, passages)
    simulated = bool(getattr(data, "simulated", False))
    factors = [part.factors for part in scored if len(part.factors)]
    return replace(
        scores,
        measured=measured_when(material),
        factors=pd.concat(factors, ignore_index=True) if factors else factors_frame("", {}),
        simulated=simulated,
        told_before=warnings_of(data),
    )


def _check_informant_and_shift(informant: object, shift: object) -> None:
    """Refuse an informant that is no word, and a shift that is not instrument -> wave -> number."""
    words = [informant] if isinstance(informant, str) else informant
    shifts = shift.values() if isinstance(shift, Mapping) else [None] * (shift is not None)
    if words is not None and not (isinstance(words, Sequence) and all(isinstance(word, str) for word in words)):
        raise ModelError(_no_such_form("informant", informant, 'informant="carer", or several in a list'))
    by_wave = [waves.values() if isinstance(waves, Mapping) else [None] for waves in shifts]
    if not all(isinstance(by, Real) and np.isfinite(float(by)) for amounts in by_wave for by in amounts):
        raise ModelError(_no_such_form("shift", shift, 'shift={"instrument": {2: -1}}'))


def _no_such_form(option: str, given: object, fix: str) -> Problem:
    return Problem("SB-MODEL-30", "stop", f"{option}={given!r} cannot be read.", fix=fix)


# --- the three kinds of material ----------------------------------------------------------------------------


def _check_names(force_reversed: Collection[str], shift: Shift | None, material: Material) -> None:
    """Refuse items and questionnaires that there are not; unread, they would look as if they had an effect."""
    items = [item for name in material.responses for item in material.codebook.items_of(name)["item"]]
    for item in [force_reversed] if isinstance(force_reversed, str) else force_reversed:
        check_option("force_reversed", item, items)
    for instrument in shift or {}:
        check_option("shift", instrument, list(material.responses))


def _score_questionnaire(
    instrument: str,
    table: pd.DataFrame,
    material: Material,
    informant: Sequence[str] | None,
    total_missing: TotalMissing,
    force_reversed: Collection[str],
    shift: Shift | None,
) -> Scored:
    """Check and score one questionnaire."""
    key = scoring_key(material.codebook, instrument)
    answers, problems = read_answers(table, key, material.codebook, informant, shift)
    if answers is None:
        return Scored(None, problems)
    outside = range_problems(answers)
    problems += outside or [*fractions_among_whole(answers), *direction_problems(answers, force_reversed)]
    if len(answers.occasions) == 0 or any(problem.severity == "stop" for problem in problems):
        return Scored(None, problems)
    factors, found = factor_models(answers) if key.rule == FACTOR else (None, [])
    problems += found
    if any(problem.severity == "stop" for problem in found):
        return Scored(None, problems)
    scores = score_answers(answers, total_missing, factors)
    not_asked = scales_not_asked(answers, scores)
    carers = material.waves.reindex(columns=[*OCCASION, "carer"]) if not material.waves.empty else pd.DataFrame()
    problems += notes_on(answers, scores, not_asked, carers, material.codebook)
    problems += notes_on_factors(answers, factors or {}, scores)
    block = ScoreBlock(
        instrument=instrument,
        occasions=answers.occasions,
        constructs=[scale.construct for scale in scores],
        score=np.array([scale.score for scale in scores]),
        std_error=np.array([scale.std_error for scale in scores]),
        score_100=np.array([scale.score_100 for scale in scores]),
        n_answered=np.array([scale.n_answered for scale in scores]),
        n_items=np.repeat([[scale.n_items] for scale in scores], len(answers.occasions), axis=1),
        kept=~not_asked,
        rule=key.rule_text,
    )
    return Scored(block, problems, answers, factors_frame(instrument, factors or {}))


def _score_interviews(
    material: Material, rule: InterviewRule, informant: Sequence[str] | None
) -> tuple[Scored | None, pd.DataFrame]:
    """Score the coded interviews, if there are any."""
    if material.segments.empty:
        return None, pd.DataFrame()
    block, passages, problems = score_interviews(material.segments, material.sources, material.codebook, rule)
    return Scored(_of_informants(block, informant), problems), passages


def _score_ratings(material: Material, informant: Sequence[str] | None) -> Scored | None:
    if material.ratings.empty:
        return None
    block, problems = score_ratings(material.ratings)
    return Scored(_of_informants(block, informant), problems)


def _of_informants(block: ScoreBlock | None, informant: Sequence[str] | None) -> ScoreBlock | None:
    """Keep the rows of the chosen informants; None when nothing is left."""
    if block is None or informant is None:
        return block
    block = block.only(block.occasions["informant"].isin(list(informant)).to_numpy())
    return block if len(block.occasions) else None


def _nothing_to_score(material: Material) -> Problem:
    return Problem(
        "SB-ITEM-50",
        "stop",
        "There is nothing to score: no questionnaire of the codebook, no coded interview and no rating was found"
        + (" for the informants asked for." if material.responses else "."),
        table="study",
        why="A table of scores without rows would look like a study without children.",
        fix="Check the instruments, codes and ratings of the codebook against the files of the study.",
    )


# --- putting it together ------------------------------------------------------------------------------------


def _assembled(
    blocks: list[ScoreBlock],
    material: Material,
    problems: list[Problem],
    spec: dict[str, object],
    answers: tuple[Answers, ...],
    passages: pd.DataFrame,
) -> Scores:
    """One long table over all blocks, the occasions behind it, and the notes."""
    keys = pd.concat([block.occasions[OCCASION] for block in blocks], ignore_index=True)
    numbers = keys.groupby(OCCASION, sort=True).ngroup().to_numpy()
    seen = keys.iloc[np.unique(numbers, return_index=True)[1]].reset_index(drop=True)
    tables, positions = [], []
    starts = np.cumsum([0, *(len(block.occasions) for block in blocks)])
    for block, start in zip(blocks, starts):
        rows, position = block.rows(numbers[start : start + len(block.occasions)])
        tables.append(rows)
        positions.append(position)
    notes = [problem.sentence for problem in problems]
    return Scores(
        frame=tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True),
        occasions=describe_occasions(
            _with_carried(seen, material),
            _dated(material),
            material.children,
            material.codebook,
            material.placements,
        ),
        notes=tuple(note for note in [*notes, naming_note(_measures(blocks), material.codebook)] if note),
        codebook=material.codebook,
        problems=tuple(problems),
        spec=spec,
        occasion_rows=np.concatenate(positions),
        answers=answers,
        passages=passages,
        ratings=material.ratings,
    )


def _measures(blocks: list[ScoreBlock]) -> pd.DataFrame:
    """Every construct, instrument and informant that has a score."""
    rows = [
        (construct, block.instrument, informant)
        for block in blocks
        for construct, kept in zip(block.constructs, block.kept)
        for informant in block.occasions["informant"][kept].unique()
    ]
    return pd.DataFrame(rows, columns=["construct", "instrument", "informant"])


def _dated(material: Material) -> pd.DataFrame:
    """The table of waves, with dates from the answers where it has none."""
    if not material.waves.empty and "date" in material.waves:
        return material.waves
    dated = [
        table[[*OCCASION, "date"]] for table in material.responses.values() if {*OCCASION, "date"} <= set(table)
    ]
    if material.carried.empty and dated:
        return pd.concat(dated, ignore_index=True).dropna(subset="date").drop_duplicates(OCCASION)
    return material.waves


def _with_carried(seen: pd.DataFrame, material: Material) -> pd.DataFrame:
    """The other columns of a single table, where they say one thing for each child and wave."""
    if material.carried.empty:
        return seen
    keys, _ = keyed(material.carried, None, material.codebook)
    others = material.carried.drop(columns=OCCASION_AND_INFORMANT, errors="ignore")
    if keys is None or others.empty:
        return seen
    table = pd.concat([keys[OCCASION], others], axis=1)
    number = table.groupby(OCCASION, sort=True).ngroup().to_numpy()
    first = table.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    if len(first) < len(table):
        same = table.groupby(OCCASION)[list(others)].nunique(dropna=False).max() <= 1
        first = first[[*OCCASION, *same.index[same]]]
    return first if len(first) == len(seen) else seen.merge(first, on=OCCASION, how="left")
