"""The Strengths and Difficulties Questionnaire scored from a table of its items; the key is data, without wording.

The questionnaire is copyright Youthinmind. Only item numbers, official short names, scoring and cut-offs are here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.errors import Problem, check_option, nearest, raise_if_stopped
from securebase_analysis.measures.scoring.answers import read_answers
from securebase_analysis.measures.scoring.dimensions import TOTAL_MISSING, TotalMissing
from securebase_analysis.measures.scoring.direction_checks import direction_problems
from securebase_analysis.measures.scoring.items import score_answers
from securebase_analysis.measures.scoring.range_checks import range_problems
from securebase_analysis.measures.scoring.scoring_key import scoring_key
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_files import load_codebook

Informant = Literal["parent", "teacher", "self"]
Coding = Literal["0-2", "1-3"]
BandSet = Literal["three", "four"]
Floats = NDArray[np.float64]

PREFIXES: dict[str, str] = {"parent": "p", "teacher": "t", "self": "s"}
CODINGS: tuple[Coding, ...] = ("0-2", "1-3")
BAND_SETS: tuple[BandSet, ...] = ("three", "four")
ITEMS = tuple(f"sdq{number}" for number in range(1, 26))
SHORT_NAMES = [
    *("consid", "restles", "somatic", "shares", "tantrum", "loner", "obeys", "worries", "caring", "fidgety"),
    *("friend", "fights", "unhappy", "popular", "distrac", "clingy", "kind", "lies", "bullied", "helpout"),
    *("reflect", "steals", "oldbest", "afraid", "attends"),
]
DIFFICULTIES = "ebddiff"
IMPACT: dict[str, tuple[str, ...]] = {
    "parent": ("distres", "imphome", "impfrie", "impclas", "impleis"),
    "teacher": ("distres", "impfrie", "impclas"),
    "self": ("distres", "imphome", "impfrie", "impclas", "impleis"),
}
KEYS = ("site", "child", "wave", "informant", "date")


def score_sdq(
    items: pd.DataFrame,
    informant: Informant = "parent",
    *,
    names: Mapping[str, str] | Sequence[str] | None = None,
    coding: Coding = "0-2",
    bands: BandSet = "three",
    total_missing: TotalMissing = "any",
    force_reversed: Collection[str] = (),
) -> pd.DataFrame:
    """Score the Strengths and Difficulties Questionnaire from one informant's answers.

    Parameters
    ----------
    items : pandas.DataFrame
        One row per answered form. The 25 items may be called ``sdq1`` to ``sdq25``, ``sdq_01``, ``p1`` (t1, s1),
        ``1``, or by the official short names, with or without the prefix p, t or s.
    informant : {"parent", "teacher", "self"}
        Who answered; decides the prefix, the impact items and the bands. Carers answer the parent form.
    names : mapping or sequence of str, optional
        Columns under other names: 25 of them in the order of the form, or ``{"sdq1": "column"}``; a mapping may
        name the impact items too (``distres, imphome, impfrie, impclas, impleis, ebddiff``).
    coding : {"0-2", "1-3"}
        How the answers are coded. Files that hold 1-3 are brought to 0-2 only when this says so (impact items 1-4
        to 0-3 along with them).
    bands : {"three", "four"}
        Which set of cut-offs the band columns use.
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
    made in.

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
    check_option("coding", coding, CODINGS)
    check_option("bands", bands, BAND_SETS)
    check_option("total_missing", total_missing, TOTAL_MISSING)
    codebook = load_codebook("sdq")
    table = items.rename(columns=str)
    columns = _item_columns(table, informant, names)
    step = 1.0 if coding == "1-3" else 0.0
    scores = _scales(table, columns, codebook, informant, step, total_missing, force_reversed)
    impact = _impact(table, informant, names, step)
    if impact is not None:
        scores["sdq_impact"] = impact
    banded = _bands(scores, codebook, informant, bands)
    keys = table[[name for name in KEYS if name in table and name not in columns.values()]]
    return pd.concat([keys, scores.drop(columns="n_answered"), banded, scores[["n_answered"]]], axis=1).assign(
        **_band_facts(codebook, informant, bands)
    )


# --- finding the columns ---------------------------------------------------------------------------------------


def _item_columns(
    table: pd.DataFrame, informant: Informant, names: Mapping[str, str] | Sequence[str] | None
) -> dict[str, str]:
    """The column of each item.

    Raises
    ------
    DataError
        When an item has no column, or two ways of naming fit all items.
    """
    if names is not None:
        given = (
            dict(zip(ITEMS, names))
            if not isinstance(names, Mapping)
            else {k: names[k] for k in ITEMS if k in names}
        )
        return _all_there({item: given.get(item, item) for item in ITEMS}, table)
    by_plain = {name.casefold(): name for name in table.columns}
    found = [
        {item: by_plain[name] for item, name in zip(ITEMS, style) if name in by_plain}
        for style in _styles(PREFIXES[informant])
    ]
    complete = [columns for columns in found if len(columns) == len(ITEMS)]
    if len(complete) > 1:
        raise_if_stopped([_ambiguous(complete)])
    best = complete[0] if complete else max(found, key=len)
    style = _styles(PREFIXES[informant])[found.index(best)]
    return _all_there({item: best.get(item, name) for item, name in zip(ITEMS, style)}, table)


def _styles(prefix: str) -> list[list[str]]:
    """The ways in which files name the 25 items."""
    numbers = range(1, 26)
    numbered = [
        f"{start}{{}}" for start in ("sdq", "sdq_", prefix, f"{prefix}_", f"{prefix}sdq", f"{prefix}sdq_", "")
    ]
    plain = [[form.format(number) for number in numbers] for form in numbered]
    padded = [[form.format(f"{number:02d}") for number in numbers] for form in numbered]
    mixed = [[*short[:9], *long[9:]] for short, long in zip(padded, plain)]
    return [*plain, *mixed, SHORT_NAMES, [prefix + name for name in SHORT_NAMES]]


def _all_there(columns: dict[str, str], table: pd.DataFrame) -> dict[str, str]:
    absent = [item for item, column in columns.items() if column not in table.columns]
    if absent:
        free = [name for name in table.columns if name not in columns.values()]
        guess = nearest(columns[absent[0]], free)
        raise_if_stopped(
            [
                Problem(
                    "SB-ITEM-12",
                    "stop",
                    f"{len(absent)} of the 25 items of the SDQ were not found: {', '.join(absent[:5])}"
                    + (", ..." if len(absent) > 5 else "."),
                    table="items",
                    column=columns[absent[0]],
                    why="The scales of the SDQ are defined by all their items.",
                    done="Nothing was scored.",
                    fix=f'names={{"{absent[0]}": "{guess}"}}'
                    if guess
                    else 'names=["column of item 1", "column of item 2", ...]',
                )
            ]
        )
    return columns


def _ambiguous(complete: Sequence[Mapping[str, str]]) -> Problem:
    first = ", ".join(repr(columns["sdq1"]) for columns in complete)
    return Problem(
        "SB-ITEM-38",
        "stop",
        f"The table holds more than one set of SDQ items; item 1 may be {first}.",
        table="items",
        column=complete[0]["sdq1"],
        why="They may be answers of different people.",
        done="Nothing was scored.",
        fix="Name the 25 columns: names=[...].",
    )


# --- scales ----------------------------------------------------------------------------------------------------


def _scales(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    codebook: Codebook,
    informant: Informant,
    step: float,
    total_missing: TotalMissing,
    force_reversed: Collection[str],
) -> pd.DataFrame:
    """The scales and their sums, checked and scored as any other questionnaire."""
    chosen = table[list(columns.values())].set_axis(list(ITEMS), axis=1).reset_index(drop=True)
    key = scoring_key(codebook, "sdq")
    answers, problems = read_answers(chosen, key, codebook, shift={"sdq": {1: -step}} if step else None)
    if answers is not None:
        outside = [_about_coding(problem, step) for problem in range_problems(answers)]
        problems += outside or direction_problems(answers, force_reversed)
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


# --- impact ----------------------------------------------------------------------------------------------------


def _impact(
    table: pd.DataFrame,
    informant: Informant,
    names: Mapping[str, str] | Sequence[str] | None,
    step: float,
) -> Floats | None:
    """The impact score, or None when the table does not have all of its items.

    Raises
    ------
    DataError
        When an answer lies outside 0-3.
    """
    given = names if isinstance(names, Mapping) else {}
    by_plain = {name.casefold(): name for name in table.columns}

    def column(item: str) -> str | None:
        return given.get(item) or by_plain.get(PREFIXES[informant] + item) or by_plain.get(item)

    columns = [column(item) for item in IMPACT[informant]]
    if any(name is None for name in columns):
        return None
    values = table[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan) - step
    raise_if_stopped(_impact_outside(values, [str(name) for name in columns]))
    counted = np.where(np.isnan(values), np.nan, np.maximum(values - 1.0, 0.0))
    score = counted.sum(axis=1)
    seen = column(DIFFICULTIES)
    if seen is not None:
        none = pd.to_numeric(table[seen], errors="coerce").to_numpy(dtype=float, na_value=np.nan) - step == 0.0
        score = np.where(none, 0.0, score)
    return np.asarray(score)


def _impact_outside(values: Floats, columns: Sequence[str]) -> list[Problem]:
    problems = []
    for index, name in enumerate(columns):
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero((values[:, index] < 0) | (values[:, index] > 3)) + 1
        if rows.size:
            problems.append(
                Problem(
                    "SB-ITEM-04",
                    "stop",
                    f"The impact item {name} has answers outside its four categories.",
                    table="items",
                    column=name,
                    rows=rows.tolist(),
                    why="Impact items count 0, 0, 1, 2 for the answers 0 to 3.",
                    done="Nothing was scored.",
                    fix='Correct these cells, or declare coding="1-3" when the file begins at 1.',
                )
            )
    return problems


# --- bands -----------------------------------------------------------------------------------------------------


def _cut_offs(codebook: Codebook, informant: Informant, bands: BandSet) -> pd.DataFrame:
    table = codebook.bands
    return table[(table["informant"] == informant) & (table["bands"] == bands)]


def _bands(scores: pd.DataFrame, codebook: Codebook, informant: Informant, bands: BandSet) -> pd.DataFrame:
    """The band of every score that has cut-offs; missing where the score is."""
    cut_offs = _cut_offs(codebook, informant, bands)
    columns = {}
    for scale in [name for name in scores if name in set(cut_offs["scale"])]:
        named = pd.Series(pd.NA, index=scores.index, dtype="str")
        for band in cut_offs[cut_offs["scale"] == scale].itertuples():
            named[scores[scale].between(band.low, band.high)] = band.band
        columns[f"{scale}_band"] = named
    return pd.DataFrame(columns, index=scores.index)


def _band_facts(codebook: Codebook, informant: Informant, bands: BandSet) -> dict[str, object]:
    cut_offs = _cut_offs(codebook, informant, bands)
    return {
        "bands_source": "; ".join(dict.fromkeys(cut_offs["source"])),
        "bands_verified": bool(cut_offs["verified"].all()),
    }
