"""The scoring keys that come with the package: whole, listed, without wording."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from securebase_analysis.study.codebook_columns import COLUMNS
from securebase_analysis.study.codebook_files import (
    load_codebook,
    read_codebook,
    shipped_codebooks,
    write_codebook,
)
from securebase_analysis.study.shipped_keys import scoring_keys

KEYS = {
    "bac_a": (20, 0, 2),
    "bac_c": (20, 0, 2),
    "psc_17": (17, 0, 2),
    "rcads_25": (25, 0, 3),
    "rcads_47": (47, 0, 3),
    "rosenberg": (10, 0, 3),
    "rosenberg_1965": (10, 0, 3),
    "sdq": (25, 0, 2),
    "swemwbs": (7, 1, 5),
    "wemwbs": (14, 1, 5),
}
"""Items, lowest and highest answer, as the forms have them."""

RANGES = {
    "bac_a_total": (0, 40),
    "bac_c_total": (0, 40),
    "psc_attention": (0, 10),
    "psc_internalising": (0, 10),
    "psc_externalising": (0, 14),
    "psc_total": (0, 34),
    "rcads_social_phobia": (0, 27),
    "rcads_panic": (0, 27),
    "rcads_separation_anxiety": (0, 21),
    "rcads_generalised_anxiety": (0, 18),
    "rcads_obsessive_compulsive": (0, 18),
    "rcads_depression": (0, 30),
    "rcads_anxiety": (0, 111),
    "rcads_total": (0, 141),
    "rcads25_anxiety": (0, 45),
    "rcads25_depression": (0, 30),
    "rcads25_total": (0, 75),
    "rosenberg_total": (0, 30),
    "rosenberg_1965_total": (0, 30),
    "swemwbs_sum": (7, 35),
    "swemwbs_metric": (7, 35),
    "wemwbs_total": (14, 70),
}
"""The published range of every score."""


def test_every_key_is_listed_with_its_source_and_mark():
    listed = scoring_keys().set_index("key")
    assert {key: tuple(row) for key, row in listed[["n_items", "low", "high"]].iterrows()} == KEYS
    assert set(listed.index) == set(shipped_codebooks()) - {"secure_base_interview"}
    assert listed["source"].str.len().min() > 20
    assert listed["verified"].dtype == bool
    assert not listed.loc[
        ["bac_c", "bac_a", "rcads_47", "rcads_25"], "verified"
    ].any()  # their forms were not seen
    assert listed.loc[["sdq", "psc_17", "swemwbs"], "verified"].all()
    assert listed.loc["sdq", "bands_verified"] is False
    assert listed.loc["wemwbs", "bands_verified"] is None
    assert listed.loc["psc_17", "asked"] == "1 of a scale, 14 of the form"
    assert listed.loc["rcads_47", "asked"] == "4 to 8 of a scale"


@pytest.mark.parametrize("key", sorted(KEYS))
@pytest.mark.parametrize("form", ["book.toml", "book.xlsx", "book"])
def test_a_key_is_the_same_in_every_form_of_file(tmp_path, key, form):
    codebook = load_codebook(key)
    again = read_codebook(write_codebook(codebook, tmp_path / form))
    for table in COLUMNS:
        pd.testing.assert_frame_equal(again.tables[table], codebook.tables[table], obj=table)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_no_key_holds_the_wording_of_an_item(key):
    codebook = load_codebook(key)
    assert (codebook.items["label"] == "").all()
    assert all(re.fullmatch(r"[a-z_]+(25_)?\d+", item) for item in codebook.items["item"])


@pytest.mark.parametrize("key", sorted(set(KEYS) - {"sdq"}))
def test_scores_reach_from_end_to_end_of_their_published_range(key):
    from securebase_analysis.measures.questionnaires import score_questionnaire

    codebook = load_codebook(key)
    rows = {"low": codebook.items["low"], "high": codebook.items["high"]}
    turned = codebook.items["reversed"].to_numpy()
    rows = {"low": rows["low"].where(~turned, rows["high"]), "high": rows["high"].where(~turned, rows["low"])}
    table = pd.DataFrame([list(rows["low"]), list(rows["high"])], columns=codebook.items["item"])
    scores = score_questionnaire(table, key)
    found = {
        scale: tuple(scores[scale])
        for instrument in codebook.instruments["instrument"]
        for scale in codebook.constructs_of(instrument)
    }
    assert found == {scale: RANGES[scale] for scale in found}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_bands_leave_no_gap_and_cover_the_range(key):
    table = load_codebook(key).bands
    for (scale, _, _), mine in table.groupby(["scale", "informant", "bands"]):
        ordered = mine.sort_values("low")
        assert (ordered["low"].to_numpy()[1:] == ordered["high"].to_numpy()[:-1] + 1).all()
        if scale in RANGES:
            assert (ordered["low"].min(), ordered["high"].max()) == RANGES[scale]


def test_items_of_the_rcads_belong_to_one_scale_each():
    items = load_codebook("rcads_47").items
    assert sorted(int(item.removeprefix("rcads")) for item in items["item"]) == list(range(1, 48))
    assert items["construct"].value_counts().to_dict() == {
        "rcads_depression": 10,
        "rcads_social_phobia": 9,
        "rcads_panic": 9,
        "rcads_separation_anxiety": 7,
        "rcads_generalised_anxiety": 6,
        "rcads_obsessive_compulsive": 6,
    }


def test_the_conversion_of_the_swemwbs_rises_from_7_to_35():
    table = load_codebook("swemwbs").conversions
    assert table["score"].tolist() == list(range(7, 36))
    assert table["converted"].is_monotonic_increasing
    assert table["converted"].sum() == pytest.approx(585.66, abs=1e-9)  # of the printed table
