"""The report's section on placements: the numbers of the verbs, in tables a reader can take in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.disruption import fit_disruption
from securebase_analysis.models.follow_up import follow_placements
from securebase_analysis.models.incidence import cumulative_incidence
from securebase_analysis.show.report.disruption import FEWEST_EVENTS, disruption_section, fitted_disruption
from securebase_analysis.show.report.placements import _ends_table, how_they_end, placements_section
from securebase_analysis.show.report.section import Shown, attempted
from securebase_analysis.study.simulate import simulate_study
from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.stability import placement_stability


@pytest.fixture(scope="module")
def study():
    return simulate_study(n_children=60, n_waves=3, seed=5).study


@pytest.fixture(scope="module")
def section(study):
    return placements_section(study, 0.95)


def test_words_count_what_the_history_holds(study, section):
    history = placement_history(study)
    assert f"{len(history.spells):,} placements of 60 children" in section.parts[0]
    assert f"{len(history.moves)} moves" in section.parts[0]
    assert f"{int(history.spells['open'].sum())} had not ended" in section.parts[0]


def test_shares_are_those_of_the_incidence_of_every_exit(study, section):
    """Children were sampled when they were already placed: placements count from the day they were first seen."""
    asked = {"stop": "stop", "start": "start", "cause": "ending", "censored": "open", "cluster": "child"}
    rows = follow_placements(study).rows
    assert (rows["start"] > 0).any()
    wanted = cumulative_incidence(rows, **asked).at([365])
    frame = section.parts[2].frame.set_index("cause")
    for row in wanted.itertuples():
        assert frame.loc[row.cause, "share_365"] == row.estimate
        shown = frame.loc[row.cause, ["low_365", "high_365"]].astype(float)
        assert np.allclose(shown, [100 * row.conf_low, 100 * row.conf_high])


def test_stability_is_that_of_the_verb(study, section):
    wanted = placement_stability(placement_history(study), "moves_per_child_year").frame
    frame = section.parts[3].frame
    assert frame["year"].tolist() == wanted["year"].tolist()
    assert frame["moves"].tolist() == wanted["count"].tolist()
    assert np.allclose(frame["rate"], wanted["per_child_year"])


def test_the_picture_says_that_the_study_is_simulated(section):
    picture = next(part.picture for part in section.parts if isinstance(part, Shown))
    assert any("imulated" in text.get_text() for text in picture.figure.texts)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_too_few_placements_are_no_crash(study, n_rows):
    small = replace(study, placements=study.placements.iloc[:n_rows])
    section = attempted("placements", "Placements", lambda: placements_section(small, 0.95))
    assert section.problems or section.parts
    if not section.is_done:
        assert all(problem.code.startswith("SB-") for problem in section.problems)


def test_a_history_shorter_than_a_year_has_a_table_all_the_same():
    table = pd.DataFrame(
        {
            "child": ["a", "b", "c"],
            "carer": ["x", "y", "z"],
            "start": pd.to_datetime(["2024-01-01"] * 3),
            "end": pd.to_datetime(["2024-03-01", "2024-04-01", None]),
            "end_reason": ["breakdown", "home", None],
        }
    )
    history = placement_history(table, freeze="2024-05-01")
    ends = how_they_end(follow_placements(history), 0.95)
    shown = _ends_table(ends, 0.95).frame
    assert ends.followed == 121
    assert {"share_121", "low_121", "high_121"} <= set(shown.columns)
    assert shown["share_121"].tolist() == ends.at([121])["estimate"].tolist()


# --- caregiving and disruption --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large():
    return simulate_study(n_children=150, n_waves=3, seed=5, interviews=False).study


@pytest.fixture(scope="module")
def scored(large):
    return score_dimensions(large)


def test_ratios_are_those_of_the_verb_for_ten_points(large, scored):
    table = disruption_section(large, scored, 0.9).parts[1].frame.set_index("construct")
    rows = follow_placements(large, scored, constructs=["acceptance"]).rows
    one = fit_disruption(rows, "acceptance + age_at_start", start="start", cluster="carer", conf_level=0.9)
    log_ratio = one.tidy().set_index("term").loc["acceptance"]
    for name in ("estimate", "conf_low", "conf_high"):
        assert np.isclose(table.loc["acceptance", name], np.exp(10 * log_ratio[name]))
    assert table.loc["acceptance", "n_events"] == one.glance()["n_events"].iloc[0]
    sd = one.at_risk.X.values[0].std(ddof=1)
    ratio = one.detectable().set_index("term").loc["acceptance", "ratio_below"]
    assert np.isclose(table.loc["acceptance", "detectable"], ratio ** (10 / sd))
    assert (table["p_holm"] >= table["p_value"]).all()


def test_too_few_disruptions_are_said_and_not_modelled(large, scored):
    followed = follow_placements(large, scored)
    assert followed.known["disruptions"].max() >= FEWEST_EVENTS
    assert fitted_disruption(followed, 0.95)[0]
    few = replace(followed, known=followed.known.assign(disruptions=FEWEST_EVENTS - 1))
    fitted, refused = fitted_disruption(few, 0.95)
    assert not fitted
    assert {problem.code for problem in refused.values()} == {"SB-OUT-37"}
