"""Marginal means and their differences against emmeans, by hand, and what is refused."""

from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from after_growth_models import (
    REFERENCE,
    close,
    data_of,
    differences_equal,
    estimates_equal,
    fitted,
    in_the_order_of,
    simulate_contexts,
    turned,
)
from scipy import special

from securebase_analysis.errors import ModelError
from securebase_analysis.models.after_growth.marginal_means import marginal_means
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.show.figures.means import means_frame
from securebase_analysis.show.figures.picture import picture_of

mpl.use("Agg")

ASKED = {
    "sleep_days": ("sleepstudy", {"by": "Days", "at": {"Days": [0, 5, 9]}}),
    "teeth_sex": ("orthodont", {"by": "Sex"}),
    "teeth_sex_age": ("orthodont", {"by": ["Sex", "age"], "at": {"age": [8, 11, 14]}}),
    "contexts_of": ("contexts", {"by": "context"}),
    "contexts_of_ml": ("contexts_ml", {"by": "context"}),
    "contexts_years": ("contexts", {"by": "context", "at": {"years": [0, 1.5, 3], "stress": 4}}),
    "years_equal": ("contexts", {"at": {"years": [0, 3]}}),
    "years_proportional": ("contexts", {"at": {"years": [0, 3]}, "weights": "proportional"}),
    "waves": ("two_factors", {"by": "w"}),
    "waves_proportional": ("two_factors", {"by": "w", "weights": "proportional"}),
    "waves_in_contexts": ("two_factors", {"by": ["context", "w"]}),
    "boys": ("two_factors", {"by": "boy"}),
    "curve": ("curved", {"by": "years"}),
}
CASES = [(name, df) for name, of_df in REFERENCE["means"].items() for df in of_df]


def asked(name, df="satterthwaite"):
    model, options = ASKED[name]
    return marginal_means(fitted(model, df), **options)


# ---- equal to R -----------------------------------------------------------------------------------------------


def test_every_question_has_its_reference_and_none_is_left_over():
    assert set(REFERENCE["means"]) == set(ASKED)


@pytest.mark.parametrize(("name", "df"), CASES)
def test_means_equal_emmeans(name, df):
    expected, means = REFERENCE["means"][name][df], asked(name, df)
    places = in_the_order_of(means.asked.cells.values, expected["cells"])
    assert sorted(places) == list(range(len(means.tidy())))
    estimates_equal(means.tidy().iloc[places], expected)


@pytest.mark.parametrize("method", ["pairwise", "reference", "consecutive"])
@pytest.mark.parametrize(("name", "df"), CASES)
def test_differences_equal_emmeans(name, df, method):
    expected = REFERENCE["means"][name][df]
    theirs, means = expected[method], asked(name, df)
    theirs = turned(theirs) if method == "pairwise" else theirs
    whole = means.contrasts(method)
    groups = groups_in_order(means, expected)
    order = np.concatenate([np.flatnonzero(whole.estimates["group"] == group) for group in groups])
    differences_equal(whole.adjusted().iloc[order], theirs)
    by_share = means.contrasts(method, adjust="fdr").adjusted()
    close(by_share["p_adjusted"].iloc[order], theirs["fdr"], 1e-4)


def groups_in_order(means, expected):
    """The values of the columns that are not compared, in R's order."""
    others = list(means.asked.cells.labels)[1:]
    places = in_the_order_of(means.asked.cells.values, expected["cells"])
    labels = means.asked.cells.labels[others].iloc[places].to_numpy()
    return dict.fromkeys(", ".join(f"{name} = {text}" for name, text in zip(others, row)) for row in labels)


# ---- by hand --------------------------------------------------------------------------------------------------


def test_a_mean_is_the_mean_of_predictions():
    growth, frame = fitted("two_factors"), data_of("contexts")
    rows = [
        {"context": context, "w": "w2", "boy": boy, "stress": frame["stress"].mean()}
        for context in sorted(frame["context"].unique()) for boy in (0, 1)
    ]  # fmt: skip
    predicted = growth.predict(pd.DataFrame(rows))["fitted_fixed"]
    mean = asked("waves").tidy().set_index("term").loc["w = w2", "estimate"]
    assert mean == pytest.approx(predicted.mean(), rel=1e-12)


def test_numbers_inside_c_are_groups():
    formula = "trust ~ context * C(wave) + boy + stress"
    means = marginal_means(fit_growth(data_of("contexts"), formula), "wave")
    np.testing.assert_allclose(means.tidy()["estimate"], asked("waves").tidy()["estimate"], rtol=1e-9)
    assert means.tidy()["term"].tolist() == ["wave = 1", "wave = 2", "wave = 3", "wave = 4"]


def test_categories_keep_their_order():
    frame = data_of("contexts")
    order = ["residential", "kinship", "foster", "never seen"]
    frame = frame.assign(context=pd.Categorical(frame["context"], categories=order))
    means = marginal_means(fit_growth(frame, "trust ~ context * C(wave) + boy + stress"), "context")
    assert means.tidy()["term"].tolist() == [f"context = {name}" for name in order[:3]]
    expected = marginal_means(fitted("two_factors"), "context").tidy()["estimate"]
    np.testing.assert_allclose(means.tidy()["estimate"], expected[::-1], rtol=1e-8)


def test_a_reference_can_be_named():
    means = asked("contexts_of")
    table = means.contrasts("reference", reference="kinship").tidy()
    assert table["term"].tolist() == ["foster - kinship", "residential - kinship"]
    first = means.contrasts("pairwise").tidy().set_index("term")["estimate"]
    assert table["estimate"].tolist() == pytest.approx(
        [-first["kinship - foster"], first["residential - kinship"]]
    )


def test_cells_of_two_columns_can_be_compared_with_one_another():
    means = asked("teeth_sex_age")
    whole = means.contrasts(of=["Sex", "age"])
    assert len(whole.tidy()) == 15
    assert whole.tidy()["term"].iloc[0] == "Female, 11 - Female, 8"
    by_age = means.contrasts(of="age")
    assert by_age.tidy()["group"].tolist() == ["Sex = Female"] * 3 + ["Sex = Male"] * 3
    slope = fitted("orthodont").tidy().set_index("term").loc["age", "estimate"]
    assert by_age.tidy()["estimate"].iloc[0] == pytest.approx(3 * slope)


def test_words_for_values_of_numbers():
    growth, frame = fitted("contexts"), data_of("contexts")
    cells = marginal_means(growth, at={"availability": "sd"}).asked.cells
    mean, sd = frame["availability"].mean(), frame["availability"].std()
    assert cells.values["availability"].tolist() == pytest.approx([mean - sd, mean, mean + sd])
    assert cells.labels["availability"].str.endswith(("(-1 SD)", "(mean)", "(+1 SD)")).all()
    assert marginal_means(growth, "years").asked.cells.values["years"].tolist() == [0.0, 1.0, 2.0, 3.0]
    one, other = (marginal_means(growth, "context", at=at).tidy() for at in (None, {"years": "mean"}))
    pd.testing.assert_frame_equal(one, other)


def test_what_was_averaged_and_held_is_said():
    notes = asked("contexts_years").notes
    assert "At stress = 4." in notes
    assert "At the mean of the rows used: availability (−0.14)." in notes
    assert "averaged over context, boy in equal parts." in marginal_means(fitted("two_factors"), "w").notes[-1]


def test_values_beyond_the_data_are_told():
    means = marginal_means(fitted("contexts"), "context", at={"years": [0, 9]})
    check = means.diagnostics().set_index("check").loc["values of years beyond those seen"]
    assert (check["value"], check["ok"]) == (3, False)
    assert "0.00 to 3.00" in check["advice"]
    frame = data_of("contexts").query("not (context == 'residential' and wave == 4)")
    means = marginal_means(fit_growth(frame, "trust ~ context + C(wave)"), ["context", "wave"])
    check = means.diagnostics().set_index("check").loc["combinations of context and wave without a row"]
    assert (check["value"], check["ok"]) == (1, False)


def test_one_mean_of_all():
    table = marginal_means(fitted("contexts"), weights="proportional").tidy()
    assert table["term"].tolist() == ["overall"]
    sleep = marginal_means(fitted("sleepstudy")).tidy()
    assert sleep["estimate"].item() == pytest.approx(data_of("sleep")["Reaction"].mean())


def test_differences_without_adjustment_say_what_chance_would_give():
    found = asked("waves_in_contexts").contrasts(adjust="none")
    assert found.notes[-1] == (
        "12 differences, p-values not adjusted: by chance alone 0.6 of them would be expected below .05."
    )
    assert "p (" not in found.summary()


# ---- a known truth --------------------------------------------------------------------------------------------


def test_intervals_of_means_differences_and_slopes_cover_the_truth():
    """Sixty cohorts of 60 children in three contexts, the smallest of about nine."""
    truth = {
        "Intercept": 3.0, "years": 0.3, "availability": 0.3, "stress": -0.1, "boy": 0.2,
        "years:availability": 0.15, "context[T.kinship]": -0.4, "context[T.residential]": -1.0,
        "years:context[T.kinship]": -0.2, "years:context[T.residential]": -0.4,
    }  # fmt: skip
    covered = {"mean": [], "difference": [], "slope": []}
    for seed in range(60):
        frame = simulate_contexts(seed=100 + seed)
        growth = fit_growth(frame, "trust ~ years * context + years * availability + stress + boy", "years")
        beta = np.array([truth[term] for term in growth.data.fixed.terms])
        means = growth.marginal_means("context", at={"years": 2, "availability": 0})
        for found in (means, means.contrasts(), growth.simple_slopes("years", {"availability": 0})):
            table, value = found.tidy(), found.asked.rows @ beta
            covered[table["effect"].iloc[0]] += list((table["conf_low"] <= value) & (value <= table["conf_high"]))
    # 171 of 180 expected; three of one cohort depend, so that 159 leaves room for one chance in a thousand.
    assert {name: len(one) for name, one in covered.items()} == {"mean": 180, "difference": 180, "slope": 180}
    assert min(map(sum, covered.values())) >= 159
    assert 0.92 <= np.mean([sum(one) / 180 for one in covered.values()]) <= 0.985


# ---- other families -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "carry"), [("binomial", special.expit), ("poisson", np.exp)])
def test_means_of_other_families_are_carried_over(family, carry):
    growth = fitted("contexts")
    growth = replace(growth, spec=growth.request.but(family=family))
    link = marginal_means(growth, "context")
    shown = marginal_means(growth, "context", response=True)
    for name in ("estimate", "conf_low", "conf_high"):
        np.testing.assert_allclose(shown.tidy(0.9)[name], carry(link.tidy(0.9)[name]))
    at, h = link.tidy()["estimate"].to_numpy(), 1e-6
    slope = (carry(at + h) - carry(at - h)) / (2 * h)
    np.testing.assert_allclose(shown.tidy()["std_error"], slope * link.tidy()["std_error"], rtol=1e-6)
    assert "random effects are zero" in shown.notes[-1]

    ratio, difference = shown.contrasts().adjusted(), link.contrasts().adjusted()
    np.testing.assert_allclose(ratio["estimate"], np.exp(difference["estimate"]))
    np.testing.assert_allclose(ratio["conf_high"], np.exp(difference["conf_high"]))
    for name in ("statistic", "p_value", "p_adjusted"):
        np.testing.assert_array_equal(ratio[name], difference[name])


OUTCOMES = {
    "binomial": ("yes", lambda frame: (frame["trust"] > 2.5).astype(int)),
    "poisson": ("number", lambda frame: np.exp(frame["trust"] / 2).round()),
}


@pytest.mark.parametrize("family", OUTCOMES)
def test_other_families_equal_glmer_and_emmeans(family):
    """glmer's standard errors come from a Hessian by differences; ours agree with them to four digits."""
    expected, (outcome, made) = REFERENCE["outcomes"][family], OUTCOMES[family]
    frame = data_of("contexts").assign(**{outcome: made})
    growth = fit_growth(frame, f"{outcome} ~ years * context", family=family, nodes=25)

    def equal(table, theirs):
        for ours, name in (
            ("estimate", "estimate"),
            ("std_error", "std_error"),
            ("conf_low", "low"),
            ("conf_high", "high"),
        ):
            close(table[ours], theirs[name], 1e-4, 1e-4 * np.min(theirs["std_error"]))

    equal(growth.marginal_means("context").tidy(), expected["link"])
    equal(growth.marginal_means("context", response=True).tidy(), expected["shown"])
    ratios = growth.marginal_means("context", response=True).contrasts("reference")
    equal(ratios.tidy(), expected["ratio"])
    close(ratios.tidy()["p_value"], expected["ratio"]["p"], 2e-4)
    assert set(ratios.tidy()["effect"]) == {"odds ratio" if family == "binomial" else "ratio"}
    equal(growth.simple_slopes("years").tidy(), expected["slope"])
    test = growth.compared_with({"formula": f"{outcome} ~ years + context"}).glance().iloc[0]
    assert test["df"] == expected["df"][0]
    assert test["chi2"] == pytest.approx(expected["chi2"][0], rel=1e-4)


def test_an_ordinal_outcome_has_no_mean_answer():
    growth = fitted("contexts")
    growth = replace(growth, spec=growth.request.but(family="ordinal"))
    with pytest.raises(ModelError, match="SB-MODEL-71"):
        marginal_means(growth, "context", response=True)


# ---- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "fix"),
    [
        ({"by": "contxt"}, "SB-MODEL-70", "'context'"),
        ({"by": "trust"}, "SB-MODEL-70", "Predictors are: years, context, availability, stress."),
        ({"at": {"year": 1}}, "SB-MODEL-70", "'years'"),
        ({"at": {"context": "kinshp"}}, "SB-MODEL-70", "'kinship'"),
        ({"at": {"years": ["one"]}}, "SB-MODEL-70", "[0, 1]"),
        ({"at": {"years": [np.nan, 1]}}, "SB-MODEL-70", "[0, 1]"),
        ({"at": {"years": "quartiles"}}, "SB-MODEL-30", "'levels'"),
        ({"by": "stress"}, "SB-MODEL-70", "'sd'"),
        ({"weights": "cells"}, "SB-MODEL-30", "equal"),
        ({"conf_level": 95}, "SB-MODEL-62", "0.95"),
    ],
)
def test_a_question_without_an_answer_is_refused(options, code, fix):
    with pytest.raises(ModelError) as caught:
        marginal_means(fitted("contexts"), **options)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert fix in problem.fix
    assert "s00" not in str(problem)


@pytest.mark.parametrize(
    ("options", "code", "fix"),
    [
        ({"method": "tukey"}, "SB-MODEL-30", "pairwise"),
        ({"adjust": "bonferroni"}, "SB-MODEL-30", "holm"),
        ({"of": "years"}, "SB-MODEL-72", "'context'"),
        ({"method": "reference", "reference": "adoption"}, "SB-MODEL-72", "foster, kinship, residential"),
    ],
)
def test_a_difference_that_cannot_be_taken_is_refused(options, code, fix):
    with pytest.raises(ModelError) as caught:
        asked("contexts_of").contrasts(**options)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert fix in problem.fix


def test_one_mean_has_no_difference():
    with pytest.raises(ModelError, match="SB-MODEL-72"):
        marginal_means(fitted("contexts")).contrasts()


# ---- the picture ----------------------------------------------------------------------------------------------


def test_the_picture_draws_its_frame():
    means = asked("contexts_years")
    frame = means_frame(means)
    assert frame["x"].tolist() == [0.0, 1.5, 3.0] * 3
    assert frame["group"].unique().tolist() == ["foster", "kinship", "residential"]
    np.testing.assert_array_equal(frame["conf_low"], means.tidy()["conf_low"])
    ax = means.plot(simulated=True)
    drawn = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    for group, rows in frame.groupby("group"):
        np.testing.assert_array_equal(drawn[group], rows["estimate"])
    first, second = (line.get_xdata() for line in ax.get_lines()[:2])
    assert (first < second).all()  # groups stand apart, so that their intervals can be told apart
    picture = picture_of(ax)
    assert picture.alt.startswith(
        "Simulated data. Means of trust by context and years. foster, years 0: 2.64 [2.24, 3"
    )
    assert "Means expected by the model, with 95% confidence intervals." in picture.notes
    plt.close("all")


def test_groups_alone_are_drawn_row_under_row():
    ax = asked("waves_in_contexts").plot()
    assert len(ax.get_yticks()) == 12
    assert next(text.get_text() for text in ax.get_yticklabels()) == "context = foster, w = w1"
    plt.close("all")


def test_a_second_number_is_named_in_the_key():
    means = marginal_means(fitted("contexts"), "years", at={"availability": "sd"})
    ax = means.plot()
    keys = [text.get_text() for text in ax.get_legend().get_texts()]
    assert keys == ["Availability −1.008 (−1 SD)", "Availability −0.1444 (mean)", "Availability 0.7195 (+1 SD)"]
    assert means_frame(means, x="availability")["group"].iloc[0] == "Years 0"
    plt.close("all")


def test_the_scale_of_other_families_is_on_the_axis():
    growth = fitted("contexts")
    growth = replace(growth, spec=growth.request.but(family="binomial"))
    for response, words in ((True, "Trust (probability)"), (False, "Trust (logit)")):
        means = marginal_means(growth, "years", response=response)
        assert means.plot().get_ylabel() == words
    plt.close("all")


def test_a_title_lists_its_columns():
    title = marginal_means(fitted("two_factors"), ["context", "w", "boy"]).title
    assert title == "Means of trust by context, w and boy"
