"""Joint F tests against lmerTest's contestMD, by hand, and what is refused."""

import numpy as np
import pytest
from after_growth_models import REFERENCE, close, data_of, fitted
from scipy import stats

from securebase_analysis.errors import ModelError
from securebase_analysis.models.after_growth.joint_tests import f_degrees, joint_test
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.results.families import holm
from securebase_analysis.show.figures.effects_behind import effects_frame
from securebase_analysis.show.figures.picture import picture_of

ASKED = {
    "sleepstudy": ("sleepstudy", ["Intercept", "Days"]),
    "orthodont": ("orthodont", ["Sex", "Sex:age"]),
    "contexts": ("contexts", "years:context"),
    "contexts_several": ("contexts", ["context", "context:years", "stress"]),
    "contexts_one": ("contexts", "stress"),
    "contexts_ml": ("contexts_ml", "years:context"),
    "waves": ("two_factors", "w"),
}


def test_every_test_has_its_reference_and_none_is_left_over():
    assert set(REFERENCE["joint"]) == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_joint_tests_equal_contestmd(name):
    model, terms = ASKED[name]
    expected, found = REFERENCE["joint"][name], joint_test(fitted(model), terms)
    row = found.tidy().iloc[0]
    assert found.n_tested == tuple(expected["df_tested"])
    close(row["estimate"], expected["f"][0], 1e-6)
    close(row["df"], expected["df"][0], 3e-5)
    close(row["p_value"], expected["p"][0], 1e-4)


def test_one_effect_is_its_t_test():
    row = joint_test(fitted("contexts"), "stress").tidy().iloc[0]
    fixed = fitted("contexts").tidy().set_index("term").loc["stress"]
    assert row["estimate"] == pytest.approx(fixed["statistic"] ** 2)
    assert row["df"] == pytest.approx(fixed["df"])
    assert row["p_value"] == pytest.approx(fixed["p_value"])
    assert row["effect"] == "F test of 1 effect"


def test_degrees_of_freedom_by_hand():
    """E = 10/8 + 20/18; 2 E / (E - 2)."""
    e = 10 / 8 + 20 / 18
    assert f_degrees(np.array([10.0, 20.0])) == pytest.approx(2 * e / (e - 2))
    assert f_degrees(np.array([7.0])) == 7.0
    assert f_degrees(np.array([1.5, 30.0])) == 2.0
    assert f_degrees(np.array([np.inf, np.inf])) == np.inf
    assert np.isfinite(f_degrees(np.array([10.0, np.inf])))


def test_a_test_without_residual_degrees_is_that_of_chi_square():
    growth = fit_growth(data_of("contexts"), "trust ~ years * context", df="normal")
    row = joint_test(growth, "years:context").tidy().iloc[0]
    assert row["df"] == np.inf
    assert row["p_value"] == pytest.approx(stats.chi2.sf(2 * row["estimate"], 2))


def test_each_term_has_a_test_by_default():
    found = joint_test(fitted("contexts"), adjust="holm")
    table = found.adjusted()
    assert table["term"].tolist() == [
        "years",
        "context",
        "availability",
        "stress",
        "years:context",
        "years:availability",
    ]
    assert found.n_tested == (1, 2, 1, 1, 2, 1)
    np.testing.assert_array_equal(table["p_adjusted"], holm(table["p_value"]))
    assert len(found.sentence().splitlines()) == 6
    assert "context: F(2, " in found.sentence()
    assert "p (Holm)" in found.summary()


def test_columns_can_be_named_by_themselves():
    one = joint_test(fitted("contexts"), ["years:context[T.kinship]", "years:context[T.residential]"]).tidy()
    other = joint_test(fitted("contexts"), "context:years").tidy()
    assert one["estimate"].item() == other["estimate"].item()
    growth = fit_growth(data_of("contexts"), "trust ~ years + I(years ** 2)")
    assert joint_test(growth, ["years", "I(years**2)"]).n_tested == (2,)


def test_kenward_roger_models_are_tested_by_satterthwaites_and_it_is_said():
    found = joint_test(fitted("contexts", "kenward-roger"), "years:context")
    close(found.tidy()["df"], REFERENCE["joint"]["contexts"]["df"], 3e-5)
    assert any("not Kenward and Roger's" in note for note in found.notes)


def test_a_term_that_is_not_there_is_refused():
    with pytest.raises(ModelError) as caught:
        joint_test(fitted("contexts"), ["years", "years:contxt"])
    (problem,) = caught.value.problems
    assert problem.code == "SB-MODEL-70"
    assert "'years:context'" in problem.fix
    with pytest.raises(ModelError, match="SB-MODEL-70"):
        joint_test(fitted("contexts"), [])


def test_the_picture_shows_the_effects_that_were_tested():
    found = joint_test(fitted("contexts"), "years:context")
    assert found.effects == (("years:context[T.kinship]", "years:context[T.residential]"),)
    frame = effects_frame(found)
    assert frame["term"].tolist() == list(found.effects[0])
    assert found.sentence() in picture_of(found).alt
