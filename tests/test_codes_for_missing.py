"""Codes such as 99 and 999 in plain tables: every verb that takes one tells them; case 16 of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.measures.codes_for_missing import codes_among, problems_of_codes
from securebase_analysis.show.tables.from_result import table_of

N_CHILDREN = 90
NAMES = [f"KID{number:03d}" for number in range(N_CHILDREN)]
ROWS = (5, 41)
"""Rows of the tables below, counted from 1, that hold a code for missing."""


def panel() -> pd.DataFrame:
    """Three waves of a cohort, whole and without a fault."""
    random = np.random.default_rng(11)
    between = np.repeat(random.normal(size=N_CHILDREN), 3)
    columns = {
        name: 50 + 8 * between + 6 * random.normal(size=3 * N_CHILDREN)
        for name in ("trust", "availability", "sensitivity")
    }
    who = np.repeat(NAMES, 3)
    waves = np.tile([1, 2, 3], N_CHILDREN)
    return pd.DataFrame({"child": who, "carer": who, "wave": waves, "years": waves - 1.0, **columns})


def items() -> pd.DataFrame:
    random = np.random.default_rng(12)
    trait = random.normal(size=(220, 1))
    answers = np.clip(np.round(2 + trait + 0.8 * random.normal(size=(220, 4))), 0, 4)
    return pd.DataFrame(answers, columns=list("abcd")).assign(country=np.repeat(["Norway", "Spain"], 110))


def ratings() -> pd.DataFrame:
    random = np.random.default_rng(13)
    first = random.integers(0, 5, 60)
    second = np.clip(first + random.integers(-1, 2, 60), 0, 4)
    units = [*range(60)] * 2
    return pd.DataFrame(
        {"unit": units, "coder": ["A"] * 60 + ["B"] * 60, "code": np.r_[first, second].astype(float)}
    )


def spells() -> pd.DataFrame:
    random = np.random.default_rng(14)
    return pd.DataFrame(
        {
            "days": random.integers(20, 400, 90).astype(float),
            "exit": random.choice(["breakdown", "home", "open"], 90),
            "difficulty": random.normal(20, 5, 90),
        }
    ).assign(event=lambda frame: (frame["exit"] == "breakdown").astype(int))


def with_codes(frame: pd.DataFrame, column: str, code: float) -> pd.DataFrame:
    """The table with a code for missing in two rows."""
    spoilt = frame.astype({column: float})
    spoilt.loc[np.array(ROWS) - 1, column] = code
    return spoilt


VERBS: dict[str, tuple[Callable[[], pd.DataFrame], str, float, Callable[[pd.DataFrame], Any]]] = {
    "fit_growth, outcome": (panel, "trust", 999, lambda data: sb.fit_growth(data, "trust ~ years")),
    "fit_growth, predictor": (
        panel, "availability", -99, lambda data: sb.fit_growth(data, "trust ~ years + availability")
    ),
    "fit_moderation": (
        panel, "sensitivity", 999, lambda data: sb.fit_moderation(data, "trust", ["availability", "sensitivity"])
    ),
    "relate_dimensions": (panel, "trust", 999, sb.relate_dimensions),
    "fit_panel": (panel, "trust", 999, lambda data: sb.fit_panel(data, ["availability", "trust"])),
    "fit_network": (
        panel, "trust", 999,
        lambda data: sb.fit_network(data, ["trust", "availability", "sensitivity"], n_resamples=20),
    ),
    "fit_sem": (panel, "availability", 999, lambda data: sb.fit_sem(data, "trust ~ availability")),
    "assess_invariance": (
        items, "b", 99,
        lambda data: sb.assess_invariance(data, "f =~ a + b + c + d", group="country", steps=["configural"]),
    ),
    "assess_reliability": (items, "b", 99, lambda data: sb.assess_reliability(data.drop(columns="country"))),
    "assess_agreement, interval": (
        ratings, "code", 99, lambda data: sb.assess_agreement(data, level="interval", n_resamples=0)
    ),
    "assess_agreement, nominal": (ratings, "code", 99, lambda data: sb.assess_agreement(data, n_resamples=0)),
    "fit_disruption, predictor": (
        spells, "difficulty", 999, lambda data: sb.fit_disruption(data, "difficulty", stop="days")
    ),
    "fit_disruption, days": (
        spells, "days", 9999, lambda data: sb.fit_disruption(data, "difficulty", stop="days")
    ),
    "cumulative_incidence, days": (
        spells, "days", 9999, lambda data: sb.cumulative_incidence(data, "days", "exit", censored="open")
    ),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_for_plain_tables_tells_a_code_for_missing(verb):
    make, column, code, ask = VERBS[verb]
    result = ask(with_codes(make(), column, code))
    told = [note for note in result.notes if "SB-FILE-16" in note]
    assert told
    assert f"{column} holds {code:g}" in told[0] or f"{code:g}" in told[0]
    assert any("rows" in note or "row " in note for note in told)
    assert not any(name in note for name in NAMES for note in result.notes)
    assert set(told) <= set(table_of(result).notes)


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_suspects_a_table_without_one(verb):
    make, _, _, ask = VERBS[verb]
    assert not any("SB-FILE-16" in note for note in ask(make()).notes)


@pytest.mark.parametrize("verb", [name for name in VERBS if "fit_growth" in name or "fit_disruption" in name])
def test_the_rows_told_are_those_of_the_table_given(verb):
    make, column, code, ask = VERBS[verb]
    data = with_codes(make(), column, code)
    other = "difficulty" if column == "days" else next(name for name in ("years", "event") if name in data)
    data.loc[0, other] = np.nan  # a row left out before them must not shift the numbers
    (told,) = [note for note in ask(data).notes if "SB-FILE-16" in note]
    assert f"rows {ROWS[0]}, {ROWS[1]} (2 rows)" in told


def test_one_code_and_several_are_told_in_words_and_the_fix_can_be_copied():
    data = pd.DataFrame({"stress": [1.0, 2.0, 99.0, 3.0, 999.0, 999.0]})
    (several,) = problems_of_codes("stress", data["stress"])
    assert several.what.startswith("stress holds 99, 999 in 3 rows, far from its other values")
    assert several.rows == (3, 5, 6)
    exec(several.fix, {"data": data})
    assert data["stress"].isna().tolist() == [False, False, True, False, True, True]
    (one,) = problems_of_codes("stress", [1.0, 2.0, 99.0, 3.0])
    assert one.what.startswith("stress holds 99 in 1 row, far from")
    assert (one.code, one.severity, one.column, one.rows) == ("SB-FILE-16", "warn", "stress", (3,))


def test_numbers_that_belong_among_the_others_are_no_codes():
    assert problems_of_codes("income", [80.0, 90.0, 99.0, 120.0]) == []
    assert problems_of_codes("all alike", [99.0, 99.0, 99.0]) == []
    assert problems_of_codes("empty", [np.nan, np.nan]) == []
    assert codes_among({"word": ["yes", "no", "99"], "seen": [True, False, True]}) == []
