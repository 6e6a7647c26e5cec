"""What a researcher's own table may hold or be asked, and the words she then reads."""

from __future__ import annotations

import warnings
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from securebase_analysis.errors import DataError, ModelError, SecureBaseError
from securebase_analysis.models.growth import fit_growth


def table(n_children: int = 24, n_waves: int = 4) -> pd.DataFrame:
    random = np.random.default_rng(5)
    n = n_children * n_waves
    frame = pd.DataFrame(
        {
            "child": np.repeat([f"secret{i:03d}" for i in range(n_children)], n_waves),
            "wave": np.tile(np.arange(1, n_waves + 1), n_children),
            "years": np.tile(np.arange(n_waves, dtype=float), n_children),
            "carer": np.repeat([f"secret{i // 2}" for i in range(n_children)], n_waves),
            "kinship": np.repeat(random.choice(["no", "yes"], n_children), n_waves),
            "stress": random.normal(50.0, 10.0, n),
        }
    )
    level = np.repeat(random.normal(0.0, 6.0, n_children), n_waves)
    frame["trust"] = 50.0 + 2.0 * frame["years"] + level + random.normal(0.0, 4.0, n)
    frame["often"] = (frame["trust"] > 53.0).astype(int)
    return frame


def refused(error: type[SecureBaseError], data: pd.DataFrame, formula: str, code: str, **options: object) -> str:
    """The text of a refusal; it has one problem of this code, a reason and a fix, and no id."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error) as caught:
            fit_growth(data, formula, **options)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.why
    assert problem.fix
    assert "secret" not in str(caught.value)
    return str(caught.value)


def test_a_child_in_the_index_is_told_apart_from_a_child_who_is_not_there():
    text = refused(ModelError, table().set_index(["child", "wave"]), "trust ~ years", "SB-MODEL-03")
    assert "'child' is in the index" in text
    assert "data.reset_index()" in text


def test_102_a_column_whose_name_is_a_number_is_not_offered_as_itself():
    text = refused(ModelError, table().rename(columns={"stress": 0}), "trust ~ `0`", "SB-MODEL-03")
    assert "astype(str)" in text
    assert "Did you mean" not in text


@pytest.mark.parametrize("given", [pd.Series(["secret"]), 5, ["stress"]])
def test_cells_given_in_place_of_a_column_are_not_written_out(given):
    text = refused(ModelError, table(), "trust ~ years", "SB-MODEL-03", weights=given)
    assert "not by its name" in text
    assert "data['name'] = ..." in text


def test_lists_are_no_ids():
    frame = table()
    text = refused(DataError, frame.assign(child=[[one] for one in frame["child"]]), "trust ~ years", "SB-ID-09")
    assert "column child, rows 1, 2, 3" in text


def test_a_label_that_never_varies_is_refused_as_a_number_is():
    """The column would be left out of the model without a word."""
    for formula, frame in (
        ("trust ~ years * kinship", table().assign(kinship="yes")),
        ("trust ~ years * kinship", table().assign(kinship=pd.Categorical(["yes"] * 96, ["no", "yes"]))),
        ("trust ~ years + C(stress)", table().assign(stress=1)),
    ):
        assert "the same label in every row" in refused(ModelError, frame, formula, "SB-MODEL-05")


@pytest.mark.parametrize(
    "time",
    [
        [date(2020, 1, 1) + timedelta(days=int(years)) for years in range(96)],
        [timedelta(days=int(years)) for years in range(96)],
        pd.period_range("2020-01", periods=96, freq="M"),
    ],
)
def test_dates_of_every_kind_are_dates_and_no_labels(time):
    text = refused(DataError, table().assign(when=time), "trust ~ when", "SB-MODEL-43")
    assert "'when' holds dates" in text


def test_numbers_with_a_decimal_comma_are_numbers_as_text():
    frame = table()
    frame["stress"] = frame["stress"].round(1).astype(str).str.replace(".", ",")
    text = refused(DataError, frame, "trust ~ years + stress", "SB-FILE-18")
    assert "str.replace(',', '.')" in text


@pytest.mark.parametrize("members", [{"crer": None}, {"carer": None}, table()])
def test_days_with_carers_for_a_factor_that_is_not_in_the_model_are_not_passed_over(members):
    text = refused(ModelError, table(), "trust ~ years", "SB-MODEL-55", members=members)
    assert "carer_days(study)" in text


@pytest.mark.parametrize("nodes", [0, 2.5, "x", True, 10_000])
def test_nodes_are_a_whole_number(nodes):
    refused(ModelError, table(), "often ~ years", "SB-MODEL-99", family="binomial", nodes=nodes)


def test_two_rows_of_a_child_at_one_time_have_no_serial_correlation():
    frame = table()
    frame.loc[1, "years"] = 0.0
    text = refused(DataError, frame, "trust ~ stress", "SB-MODEL-63", residual="ar1")
    assert "column years, rows 1, 2 (2 rows)" in text


def test_111_what_rows_lack_has_the_name_the_user_gave_it():
    frame = table().assign(precision=1.0)
    frame.loc[3, "precision"] = np.nan
    note = fit_growth(frame, "trust ~ years", weights="precision").notes[0]
    assert "1 lacks precision." in note
    assert "column precision, row 4" in note
    frame["hours"] = frame["precision"]
    note = fit_growth(frame, "often ~ years", family="poisson", exposure="hours").notes[0]
    assert "1 lacks hours." in note


def test_groups_of_variances_are_counted_in_words():
    text = refused(DataError, table().assign(one="a"), "trust ~ years", "SB-MODEL-95", variance_by="one")
    assert "1 different value;" in text


def test_a_factor_that_is_not_in_the_model_has_no_levels():
    growth = fit_growth(table(), "trust ~ years")
    for ask in (growth.random_effects, growth.level_of):
        with pytest.raises(ModelError, match=r"no grouping factor 'chld'.*\n(.*\n)*.*Did you mean 'child'"):
            ask("chld")


@pytest.mark.parametrize("members", [{"crer": None}, table()])
def test_days_with_carers_for_a_prediction_are_not_passed_over(members):
    with pytest.raises(ModelError, match="SB-MODEL-55"):
        fit_growth(table(), "trust ~ years").predict(table(), members=members)


@pytest.mark.parametrize(
    ("formula", "fix"),
    [
        ("trust ~ years + years**2", "I(years**2)"),
        ("trust ~ years + years^2", "I(years**2)"),
        ("trust ~ kinship * stress ** 3", "I(stress**3)"),
        ("trust ~ `years`**2", "I(`years`**2)"),
    ],
)
def test_a_power_that_would_be_left_out_is_refused(formula, fix):
    assert fix in refused(ModelError, table(), formula, "SB-MODEL-40")


@pytest.mark.parametrize(
    "formula", ["trust ~ years + I(years**2)", "trust ~ (years + stress)**2", "trust ~ years + np.log(stress**2)"]
)
def test_powers_that_mean_what_they_say_are_fitted(formula):
    assert len(fit_growth(table(), formula, group="child").tidy().query("effect == 'fixed'")) >= 3


@pytest.mark.parametrize("word", ["strata", "cluster", "frailty"])
def test_words_of_survival_models_in_r_are_arguments_here(word):
    text = refused(ModelError, table(), f"trust ~ years + {word}(carer)", "SB-MODEL-40")
    assert f"{word}='carer'" in text


def test_a_list_in_one_cell_of_a_predictor_is_told():
    """The first cell is a word, so that only a look at all of them finds the list."""
    frame = pd.DataFrame(
        {"child": np.repeat(np.arange(10), 3), "trust": np.arange(30.0) % 7, "kind": ["foster", "kinship"] * 15}
    ).astype({"kind": object})
    frame.at[4, "kind"] = ["foster", "kinship"]
    with pytest.raises(DataError) as caught:
        fit_growth(frame, "trust ~ kind")
    assert caught.value.problems[0].column == "kind"
