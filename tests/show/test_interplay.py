"""How the dimensions act on one another: the verdicts, the panel models, and what the data cannot say."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from securebase_analysis import theory
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.panel import fit_panel
from securebase_analysis.models.relations import relate_dimensions
from securebase_analysis.results.families import holm
from securebase_analysis.results.inference import critical_value
from securebase_analysis.show.figures.picture import picture_of
from securebase_analysis.show.figures.relations_paths import draw_claims
from securebase_analysis.show.report.interplay import interplay_section
from securebase_analysis.show.report.lagged import fitted_lagged, lagged_frame, pairs_of_claims
from securebase_analysis.show.report.section import Folded, Shown, notes_alike, sentences
from securebase_analysis.show.tables.doctable import DocTable
from securebase_analysis.study.simulate import simulate_study


@pytest.fixture(scope="module", autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def study():
    return simulate_study(n_children=160, n_waves=4, seed=3, interviews=False).study


@pytest.fixture(scope="module")
def scores(study):
    return score_dimensions(study)


@pytest.fixture(scope="module")
def related(scores):
    return relate_dimensions(scores)


@pytest.fixture(scope="module")
def section(study, scores, related):
    return interplay_section(study, scores, related, 0.95)


@pytest.fixture(scope="module")
def lagged(study, scores):
    return fitted_lagged(scores, study.codebook.waves, 0.95)


def pictures(section) -> list[str]:
    return [part.name for part in section.parts if isinstance(part, Shown)]


def tables(section) -> dict[str, DocTable]:
    held = [part.table if isinstance(part, Folded) else part for part in section.parts]
    return {table.title: table for table in held if isinstance(table, DocTable)}


def words(section) -> list[str]:
    return [part for part in section.parts if isinstance(part, str)]


def test_the_section_goes_from_the_claims_to_what_is_not_known(section):
    assert pictures(section) == [
        "claims", "claims_wave_to_wave", "wave_to_wave_caregiving", "wave_to_wave_benefit",
    ]  # fmt: skip
    assert list(tables(section)) == [
        "The claims of the Secure Base model beside the data",
        "Effects from each wave to the next, two constructs at a time",
        "Fit of the panel models",
    ]
    first, second, last = words(section)
    assert first.startswith("The model makes 14 claims")
    assert second.startswith("From wave to wave")
    assert last.startswith("What these data cannot say.")
    assert section.problems == ()


def test_verdicts_are_counted_as_relate_dimensions_gives_them(section, related):
    verdicts = related.verdicts()
    own = verdicts[verdicts["own_level"]]["verdict"].value_counts()
    for verdict, n in own.items():
        assert f"{n} {'is' if n == 1 else 'are'} {verdict}" in words(section)[0]


def test_the_table_of_claims_holds_every_level_of_the_verdicts(section, related):
    table = tables(section)["The claims of the Secure Base model beside the data"]
    verdicts = related.verdicts()
    assert list(table.frame["what"]) == list(dict.fromkeys(verdicts["claim"]))
    rows = table.frame.set_index("what")
    for row in verdicts.itertuples():
        assert rows.loc[row.claim, f"estimate_{row.effect}"] == pytest.approx(row.estimate, nan_ok=True)
        if row.own_level:
            assert rows.loc[row.claim, "verdict"] == f"{row.effect}: {row.verdict}"
    heads = {column.spanner for column in table.columns if column.spanner}
    assert len(heads) == verdicts["effect"].nunique()


def test_effects_are_those_of_the_panel_model_of_each_pair(lagged, scores):
    frame = lagged_frame(lagged, 0.9)
    assert list(zip(frame["source"], frame["target"])) == pairs_of_claims()
    row = frame.set_index(["source", "target"]).loc["acceptance", "belonging"]
    alone = fit_panel(scores, ["acceptance", "belonging"], conf_level=0.9)
    told = alone.lagged().set_index("term")
    onward, back = told.loc["belonging ~ acceptance"], told.loc["acceptance ~ belonging"]
    mixed = alone.other.lagged().set_index("term").loc["belonging ~ acceptance"]
    for name in ("estimate", "conf_low", "conf_high"):
        assert row[name] == pytest.approx(onward[name], abs=1e-6)
        assert row[f"back_{name}"] == pytest.approx(back[name], abs=1e-6)
        assert row[f"mixed_{name}"] == pytest.approx(mixed[name], abs=1e-6)
    np.testing.assert_allclose(frame["p_adjusted"], holm(frame["p_value"]))
    reach = critical_value(0.9, onward["df"]) + critical_value(0.6, onward["df"])
    assert row["smallest_found"] == pytest.approx(reach * onward["std_error"], rel=1e-5)


def test_the_two_tables_hold_one_effect_in_two_units_and_say_so(section, lagged, scores, related):
    effects = lagged_frame(lagged, 0.95).set_index(["source", "target"])
    spread = scores.wide()[list(theory.TEN_CONSTRUCTS)].std(ddof=0)
    verdicts = related.verdicts()
    later = verdicts[verdicts["effect"] == "over time within"]
    assert len(later) == 5
    for row in later.itertuples():
        in_points = effects.loc[(row.source, row.target), "estimate"]
        assert row.estimate == pytest.approx(in_points * spread[row.source] / spread[row.target], rel=1e-3)
    claims, between_waves = list(tables(section).values())[:2]
    assert any("In points the same effects" in note for note in claims.notes)
    assert any("stand in standard deviations: b times" in note for note in between_waves.notes)


def test_verdicts_of_effects_follow_their_intervals(lagged):
    frame = lagged_frame(lagged, 0.95)
    assert ((frame["verdict"] == "supported") == (frame["conf_low"] > 0)).all()
    assert ((frame["verdict"] == "contrary") == (frame["conf_high"] < 0)).all()
    wider = lagged_frame(lagged, 0.9999)
    assert (wider["verdict"] == "not supported").sum() > (frame["verdict"] == "not supported").sum()


def test_the_text_names_what_is_told_apart_from_zero_and_how_small_effects_hide(section, lagged):
    frame = lagged_frame(lagged, 0.95)
    for row in frame[frame["verdict"] == "supported"].itertuples():
        assert f"{theory.label(row.source)} → {theory.label(row.target)} {row.estimate:.2f}" in words(section)[1]
    assert f"{(frame['verdict'] == 'not supported').sum()} intervals hold zero" in words(section)[1]
    assert f"{frame['smallest_found'].median():.2f} points for a point" in words(section)[2]


def test_notes_that_differ_in_numbers_are_one_note(section):
    notes = tables(section)["Effects from each wave to the next, two constructs at a time"].notes
    assert len(notes) < 15
    assert sum(note.startswith("Maximum likelihood") for note in notes) == 1
    told = {"a": ["Of 9 children (p = .5).", "Once."], "b": ["Of 1,012 children (p = .04)."], "c": ["Other."]}
    assert notes_alike(told) == ["a and b: Of 9 to 1,012 children (p = .04 to .5).", "a: Once.", "c: Other."]


def test_waves_unequally_far_apart_have_effects_of_their_own(study, scores, related):
    planned = study.codebook.waves.assign(months=[0.0, 6.0, 12.0, 36.0])
    uneven = replace(study, codebook=replace(study.codebook, waves=planned))
    section = interplay_section(uneven, scores, related, 0.95)
    table = tables(section)["Effects from each wave to the next, two constructs at a time"]
    assert len(table.frame) == 3 * len(pairs_of_claims())
    assert list(table.frame["when"][:3]) == ["1 to 2", "2 to 3", "3 to 4"]
    assert any("one effect over all spans between waves" in note for note in table.notes)
    assert "claims_wave_to_wave" not in pictures(section)


class SomeScores:
    """Scores of a table."""

    simulated = True

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def wide(self) -> pd.DataFrame:
        return self._frame


def test_two_waves_keep_the_verdicts_and_say_why_there_is_no_model(study, scores):
    wide = scores.wide()
    two = wide[wide["wave"].isin([1, 2])]
    section = interplay_section(study, SomeScores(two), relate_dimensions(two), 0.95)
    assert pictures(section) == ["claims"]
    assert "2 waves" in sentences(section.problems)[0]
    (claims,) = tables(section).values()
    assert not any("In points the same effects" in note for note in claims.notes)
    assert len(section.problems) == 1  # nine pairs share the reason
    assert "no model from wave to wave could be fitted" in words(section)[-1]


def test_few_children_keep_the_verdicts_and_are_told_how_many_are_asked_for(study, scores):
    wide = scores.wide()
    few = wide[wide["child"].isin(wide["child"].unique()[:20])]
    section = interplay_section(study, SomeScores(few), relate_dimensions(few), 0.95)
    (problem,) = section.problems
    assert problem.code == "SB-OUT-57"
    assert "at least 50" in problem.what
    assert not any(child in problem.sentence for child in few["child"].unique())


def test_a_construct_that_was_not_measured_leaves_the_other_pairs(study, scores):
    lagged = fitted_lagged(SomeScores(scores.wide().drop(columns="trust")), study.codebook.waves, 0.95)
    assert set(pairs_of_claims()) - set(lagged.pairs) == {("availability", "trust")}
    assert [problem.code for problem in lagged.reasons] == ["SB-OUT-55"]
    assert list(lagged.sides) == ["caregiving"]


def test_claims_that_cannot_be_tested_are_dotted_and_have_no_number():
    frame = pd.DataFrame(
        {
            "source": ["availability", "acceptance"], "target": ["trust", "self_esteem"], "kind": "builds",
            "effect": "within children, the next wave", "verdict": ["contrary", "not testable"],
            "estimate": [-1.25, np.nan], "conf_low": [-2.0, np.nan], "conf_high": [-0.5, np.nan],
            "reason": ["", "Self-esteem was not measured."],
        }
    )  # fmt: skip
    picture = picture_of(draw_claims(frame, title="Claims", notes=(), simulated=False, leading_zero=True))
    written = [text.get_text() for text in picture.axes[0].texts if text.get_gid() == "estimate"]
    assert written == ["−1.25"]
    assert "Acceptance to Self-esteem (within children, the next wave) not testable" in picture.alt
    assert "Availability to Trust (within children, the next wave) contrary −1.25 [−2.00, −0.50]" in picture.alt
