"""Hazards of placements as they are followed: what is read from a study, joined with its scores, and fitted."""

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import ModelError
from securebase_analysis.models.disruption import fit_disruption
from securebase_analysis.models.follow_up import follow_placements
from securebase_analysis.results.result import SIMULATED


@pytest.fixture(scope="module")
def followed(sample_study, sample_scores):
    return follow_placements(sample_study, sample_scores)


def test_events_before_the_join_and_in_the_model_agree(followed):
    before = followed.before_after.set_index("what").loc["disruptions", "before"]
    whole = fit_disruption(followed, "C(type)")
    assert whole.glance()["n_events"].iloc[0] == before == followed.rows["event"].sum()
    result = fit_disruption(followed, "availability", cluster="carer")
    known = followed.rows["availability"].notna()
    assert result.glance()["n_events"].iloc[0] == (followed.rows["event"] & known).sum()
    assert result.glance()["n_excluded"].iloc[0] == (~known).sum()
    assert f"{int((followed.rows['event'] & ~known).sum())} events among those left out" in result.summary()


def test_rows_of_followed_placements_are_fitted_as_a_table_of_them_is(followed):
    result = fit_disruption(followed, "availability", cluster="carer")
    as_table = fit_disruption(followed.rows, "availability", start="start", cluster="carer")
    pd.testing.assert_frame_equal(result.tidy(), as_table.tidy())
    assert set(followed.notes) <= set(result.notes)
    assert SIMULATED in result.notes
    assert SIMULATED not in as_table.notes
    pd.testing.assert_frame_equal(fit_disruption(followed, **asked_again(result)).tidy(), result.tidy())


def asked_again(result) -> dict:
    return {name: value for name, value in result.spec.items() if name != "verb"}


def test_the_ending_is_one_among_several(followed):
    options = {"event": "ending", "cause": "disrupted", "cluster": "carer"}
    specific = fit_disruption(followed, "trust", **options)
    np.testing.assert_allclose(
        specific.tidy()["estimate"], fit_disruption(followed, "trust", cluster="carer").tidy()["estimate"]
    )
    foster = followed.rows[followed.rows["type"] != "residential"]
    shares = fit_disruption(foster, "C(type)", "start", model="fine-gray", **options)
    assert shares.glance()["n_groups"].iloc[0] == len(foster.drop_duplicates(["site", "child", "spell"]))
    assert "another ending" in shares.summary()


def test_moves_on_the_clock_of_the_child_recur(sample_study, sample_scores):
    followed = follow_placements(sample_study, sample_scores, unit="child")
    result = fit_disruption(followed, "trust")
    n = sample_study.children.shape[0]
    assert result.glance()["n_clusters"].iloc[0] <= n
    assert "Andersen and Gill" in result.summary()
    by_move = fit_disruption(followed, "trust", recurrent="pwp-total")
    assert set(by_move.at_risk.strata_named) == {f"move {number}" for number in set(followed.rows["enum"])}


def test_gaps_in_what_is_known_are_told_where_a_child_must_be_followed_throughout(followed):
    rows = followed.rows
    middle = rows.duplicated(["site", "child", "spell"]) & rows.duplicated(["site", "child", "spell"], keep="last")
    gaps = rows.assign(trust=rows["trust"].mask(middle))
    options = {"event": "ending", "cause": "disrupted", "model": "fine-gray"}
    with pytest.raises(ModelError, match="SB-EVENT-16"):
        fit_disruption(gaps, "trust", "start", **options)
    assert fit_disruption(gaps, "trust", "start").glance()["n_rows"].iloc[0] == gaps["trust"].notna().sum()
