"""The contract of an answer, held against every kind of answer that there is.

A new subclass of `Result` needs a builder here; without one the first test fails.
"""

import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.errors import ModelError
from securebase_analysis.measures.invariance import assess_invariance
from securebase_analysis.models.disruption import fit_disruption
from securebase_analysis.models.incidence import cumulative_incidence
from securebase_analysis.models.network import fit_network
from securebase_analysis.models.panel import fit_panel
from securebase_analysis.models.sem import fit_sem
from securebase_analysis.results.glossary import ADJUSTED, AUGMENT, DIAGNOSTICS, GLANCE, GLANCE_MORE, TIDY
from securebase_analysis.results.result import SIMULATED, Result

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
MOST_ROWS_DRAWN = 60
SIZE_WORDS = re.compile(
    r"\b(?:weak|strong|moderate|substantial|excellent|poor|fair|perfect|negligible|medium|small|large(?!-sample))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Case:
    """One answer, what it was made from, and the columns that were in it."""

    result: Result
    data: Any
    inputs: set[str]


# ---- one builder for each kind of answer -----------------------------------------------------------------------


@cache
def study() -> sb.Study:
    return sb.read_study(SAMPLE)


@cache
def scores() -> sb.Scores:
    return sb.score_dimensions(study())


def long_frame() -> pd.DataFrame:
    """Forty children at four waves, ten of them in two families."""
    random = np.random.default_rng(11)
    child = np.repeat(np.arange(40), 4)
    level = random.normal(size=40)[child]
    years = np.tile([0.0, 1.0, 2.0, 3.0], 40)
    frame = pd.DataFrame({"child": child, "wave": years + 1, "years": years, "carer": np.minimum(child, 30)})
    for name in ("availability", "trust", "sensitivity"):
        frame[name] = level + 0.3 * years + random.normal(size=160)
    frame.loc[frame.index[3], "trust"] = np.nan
    return frame


def growth() -> Case:
    frame = long_frame()
    return Case(sb.fit_growth(frame, "trust ~ years * sensitivity", random="years"), frame, set(frame))


def growth_on_the_boundary() -> Case:
    frame = long_frame().assign(trust=np.random.default_rng(2).normal(size=160))
    return Case(sb.fit_growth(frame, "trust ~ years", df="kenward-roger"), frame, set(frame))


def growth_of_scores() -> Case:
    return Case(sb.fit_growth(scores(), "trust ~ years"), scores(), set(scores().wide()))


def family_frame() -> pd.DataFrame:
    """The five dimensions, two kinds of care, and a gap."""
    frame, random = long_frame(), np.random.default_rng(12)
    for name in ("acceptance", "cooperation", "family_membership"):
        frame[name] = 0.5 * frame["availability"] + random.normal(size=160)
    frame["kinship"] = np.where(frame["child"] % 3 == 0, "yes", "no")
    frame.loc[frame.index[7], "acceptance"] = np.nan
    return frame


def moderation() -> Case:
    frame = family_frame()
    return Case(sb.fit_moderation(frame, "trust", covariates="years"), frame, set(frame))


def moderation_of_ones_own() -> Case:
    frame = family_frame()
    return Case(sb.fit_moderation(frame, "trust", pairs=("availability", "kinship")), frame, set(frame))


def moderation_in_parts() -> Case:
    frame = family_frame()
    dimensions = ["availability", "sensitivity", "acceptance"]
    options = {"rows": "own", "split": True, "adjust": "fdr", "scale": "point"}
    return Case(sb.fit_moderation(frame, "trust", dimensions, ["years"], **options), frame, set(frame))


def moderation_of_scores() -> Case:
    return Case(sb.fit_moderation(scores(), "trust", covariates="years"), scores(), set(scores().wide()))


def from_growth(method: str, /, **options: Any) -> Callable[[], Case]:
    """What is asked of a fitted model: of a frame's, and of simulated scores', which are marked."""

    def asked() -> Case:
        model = built(growth_of_scores if options.pop("scores", False) else growth).result
        return Case(getattr(model, method)(**options), model, set(model.augment()))

    asked.__name__ = "_".join([method, *options])
    return asked


def contrasts() -> Case:
    means = built(growth).result.marginal_means("years", {"sensitivity": "sd"})
    return Case(means.contrasts("consecutive", "fdr"), means, set(means.augment()))


def contrasts_of_slopes() -> Case:
    slopes = built(growth).result.simple_slopes("years")
    return Case(slopes.contrasts("reference", reference=None), slopes, set(slopes.augment()))


def relations() -> Case:
    frame = long_frame()
    return Case(sb.relate_dimensions(frame, ["availability", "trust", "sensitivity"]), frame, set(frame))


def relations_of_few() -> Case:
    frame = long_frame().query("child < 5").assign(sensitivity=1.0)
    return Case(sb.relate_dimensions(frame), frame, set(frame))


def relations_of_scores() -> Case:
    return Case(sb.relate_dimensions(scores()), scores(), set(scores().wide()))


def agreement() -> Case:
    random = np.random.default_rng(3)
    value = random.integers(1, 5, size=(30, 3))
    value[:, 1:] = np.where(random.random((30, 2)) < 0.7, value[:, :1], value[:, 1:])
    unit, coder = np.indices(value.shape)
    names = np.array(["AB", "CD", "EF"])[coder.ravel()]
    frame = pd.DataFrame({"unit": unit.ravel(), "coder": names, "code": value.ravel(), "child": unit.ravel() // 2})
    result = sb.assess_agreement(frame, level="interval", n_resamples=200)
    return Case(result, frame, set(frame))


def agreement_on_one_category() -> Case:
    frame = pd.DataFrame({"unit": [1, 2, 3] * 2, "coder": list("AAABBB"), "code": "yes"})
    return Case(sb.assess_agreement(frame, n_resamples=50), frame, set(frame))


def agreement_on_text() -> Case:
    result = sb.assess_agreement(study(), n_resamples=200)
    return Case(result, study(), set(study().interviews.segments))


def reliability() -> Case:
    frame = long_frame()[["availability", "trust", "sensitivity"]].assign(turned=lambda rows: -rows["trust"])
    return Case(sb.assess_reliability(frame), frame, set(frame))


def reliability_of_two() -> Case:
    frame = long_frame()[["availability", "trust", "wave"]]
    return Case(sb.assess_reliability(frame, by="wave"), frame, set(frame))


def reliability_of_a_study() -> Case:
    items = study().codebook.items["item"]
    return Case(sb.assess_reliability(study()), study(), set(items))


def exits_frame() -> pd.DataFrame:
    """Placements of two kinds that end in three ways, some late, some of one carer, some open."""
    random = np.random.default_rng(8)
    days = random.integers(0, 900, 120)
    frame = pd.DataFrame({"child": range(120), "carer": random.integers(0, 40, 120), "days": days})
    frame["exit"] = random.choice(["home", "breakdown", "adoption", "open"], 120, p=[0.3, 0.3, 0.1, 0.3])
    frame["seen_from"] = np.where(random.random(120) < 0.3, days // 2, 0)
    frame["care"] = np.where(random.random(120) < 0.5, "kinship", "foster")
    frame.loc[3, "care"] = None
    return frame


def incidence() -> Case:
    frame = exits_frame()
    return Case(cumulative_incidence(frame, "days", "exit", "open", by="care"), frame, set(frame))


def incidence_by_carer() -> Case:
    frame = exits_frame()
    options = {"start": "seen_from", "cluster": "carer", "at": [100.0, 400.0, 2000.0], "interval": "log"}
    return Case(cumulative_incidence(frame, "days", "exit", "open", **options), frame, set(frame))


def incidence_of_one_exit() -> Case:
    frame = exits_frame().query("exit != 'home'").assign(ended=lambda rows: rows["exit"] == "breakdown")
    return Case(cumulative_incidence(frame, "days", "ended", at=0.0, conf_level=0.9), frame, set(frame))


def from_incidence(method: str, /, **options: Any) -> Callable[[], Case]:
    """What is asked of an incidence by group."""

    def asked() -> Case:
        answer = built(incidence).result
        return Case(getattr(answer, method)(**options), answer, set(answer.augment()))

    asked.__name__ = "_".join([method, *options])
    return asked


def disruption(**options: Any) -> Callable[[], Case]:
    """Hazards of the placements of `exits_frame`, in rows of two parts where they begin late."""

    def asked() -> Case:
        random, frame = np.random.default_rng(9), exits_frame().drop(columns="child")
        frame["difficulty"] = random.normal(size=120)
        frame.loc[5, "difficulty"] = np.nan
        frame["ended"] = frame["exit"] == "breakdown"
        return Case(fit_disruption(frame, stop="days", **options), frame, set(frame))

    asked.__name__ = "_".join(["disruption", *options])
    return asked


def disruption_without_events_in_a_group() -> Case:
    frame = exits_frame().assign(
        safe=lambda rows: rows["exit"] == "home", ended=lambda rows: rows["exit"] != "home"
    )
    return Case(fit_disruption(frame, "safe + care", stop="days", event="ended"), frame, set(frame))


def recurrent_moves() -> Case:
    random = np.random.default_rng(10)
    rows = [(child, 100 * spell, 100 * (spell + 1)) for child in range(30) for spell in range(3)]
    frame = pd.DataFrame(rows, columns=["child", "start", "stop"])
    frame["event"], frame["difficulty"] = random.integers(0, 2, 90), random.normal(size=90)
    options = {"recurrent": "pwp-total", "start": "start", "last_stratum": 2}
    return Case(fit_disruption(frame, "difficulty", **options), frame, set(frame))


def sem(**options: Any) -> Callable[[], Case]:
    """Two constructs of three items each, with a predictor, gaps and two countries."""

    def asked() -> Case:
        random = np.random.default_rng(14)
        trust = random.normal(size=200)
        frame = pd.DataFrame({f"t{i}": trust + random.normal(size=200) for i in (1, 2, 3)})
        belonging = 0.5 * trust + random.normal(size=200)
        frame = frame.assign(**{f"b{i}": belonging + random.normal(size=200) for i in (1, 2, 3)})
        frame["years"], frame["country"] = random.integers(0, 9, 200), np.where(random.random(200) < 0.5, "N", "S")
        frame.loc[3:20, "t1"] = frame.loc[7, "years"] = np.nan
        model = "trust =~ t1 + t2 + t3; belonging =~ b1 + b2 + b3; belonging ~ b*trust + years; twice := 2*b"
        return Case(fit_sem(frame, model, **options), frame, set(frame))

    asked.__name__ = "_".join(["sem", *options])
    return asked


def sem_of_few() -> Case:
    """Fewer rows than parameters, a negative variance, and columns of which no row has both."""
    frame = (
        long_frame()[["availability", "trust", "sensitivity", "years"]]
        .head(12)
        .assign(late=lambda x: x["years"] ** 2)
    )
    frame.loc[:5, "trust"] = frame.loc[6:, "late"] = np.nan
    return Case(fit_sem(frame, "f =~ availability + trust + sensitivity + late"), frame, set(frame))


def panel_frame() -> pd.DataFrame:
    """Two constructs of 150 children at four waves, with gaps, an age and two countries."""
    random = np.random.default_rng(15)
    level, now = random.normal(size=(2, 150, 2))
    rows = []
    for wave in (1, 2, 3, 4):
        scores = pd.DataFrame(level + now, columns=["availability", "trust"])
        rows.append(scores.assign(wave=wave, child=range(150)))
        now = now @ [[0.3, 0.2], [0.0, 0.3]] + random.normal(size=(150, 2))
    frame = pd.concat(rows, ignore_index=True)
    frame["age"], frame["country"] = frame["child"] % 7, np.where(frame["child"] % 2, "N", "S")
    frame.loc[random.random(600) < 0.1, "trust"] = np.nan
    return frame


def panel(**options: Any) -> Callable[[], Case]:
    """A panel model of a long table."""

    def asked() -> Case:
        frame = panel_frame()
        return Case(fit_panel(frame, ["availability", "trust"], **options), frame, set(frame))

    asked.__name__ = "_".join(["panel", *options])
    return asked


def growth_curves(**options: Any) -> Callable[[], Case]:
    """Latent growth curves of one construct, or of two in parallel."""

    def asked() -> Case:
        frame = panel_frame()
        names = options.get("constructs", "trust")
        others = {name: value for name, value in options.items() if name != "constructs"}
        return Case(fit_panel(frame, names, model="growth", **others), frame, set(frame))

    asked.__name__ = "_".join(["growth_curves", *options])
    return asked


def panel_of_a_wide_table() -> Case:
    """Nothing that stays the same in children, so that variances end below zero."""
    random = np.random.default_rng(3)
    names = [f"{name}_{wave}" for name in ("availability", "trust") for wave in (1, 2, 3)]
    frame = pd.DataFrame(random.normal(size=(60, 6)), columns=names)
    return Case(fit_panel(frame, ["availability", "trust"]), frame, set(frame))


def invariance(**options: Any) -> Callable[[], Case]:
    """Two constructs of three items each in two countries, or at two waves of the same children, with gaps."""

    def asked() -> Case:
        random, over = np.random.default_rng(16), options.get("wave", "")
        trust = random.normal(size=300)
        frame = pd.DataFrame({f"t{i}": trust + random.normal(size=300) for i in (1, 2, 3)})
        frame = frame.assign(**{f"b{i}": 0.5 * trust + random.normal(size=300) for i in (1, 2, 3)})
        frame["country"] = np.where(np.arange(300) % 2, "N", "S")
        frame["child"], frame["wave"] = (np.arange(300) // 2, np.arange(300) % 2) if over else (np.arange(300), 1)
        frame.loc[3:20, "t1"] = frame.loc[7, "country"] = np.nan
        frame.loc[frame["country"] == "N", "t3"] += 1.0
        model = {"trust": ["t1", "t2", "t3"], "belonging": ["b1", "b2", "b3"]}
        return Case(assess_invariance(frame, model, **options), frame, set(frame))

    asked.__name__ = "_".join(["invariance", *options])
    return asked


def children_frame() -> pd.DataFrame:
    """A hundred children in sixty families, with gaps."""
    random = np.random.default_rng(12)
    level = random.normal(size=100)
    names = ["availability", "trust", "acceptance", "self_esteem", "sdq_total"]
    frame = pd.DataFrame({name: level * share + random.normal(size=100) for share, name in enumerate(names)})
    frame.loc[:4, "trust"] = np.nan
    return frame.assign(child=range(100), carer=np.arange(100) % 60, wave=1)


def network(**options: Any) -> Callable[[], Case]:
    """A network of a table of children."""

    def asked() -> Case:
        frame = children_frame()
        return Case(fit_network(frame, n_resamples=40, **options), frame, set(frame))

    asked.__name__ = "_".join(["network", *options])
    return asked


def network_of_nothing() -> Case:
    random = np.random.default_rng(8)
    frame = pd.DataFrame(random.normal(size=(90, 4)), columns=["availability", "trust", "acceptance", "belonging"])
    return Case(fit_network(frame, n_resamples=40), frame, set(frame))


def network_of_scores() -> Case:
    return Case(fit_network(scores(), n_resamples=40), scores(), set(scores().wide()))


def sem_of_categories() -> Case:
    """Items of three answers each."""
    random = np.random.default_rng(15)
    trust = random.normal(size=200)
    frame = pd.DataFrame({f"t{i}": np.digitize(trust + random.normal(size=200), [-1, 1]) for i in range(4)})
    return Case(fit_sem(frame, "trust =~ t0 + t1 + t2 + t3", estimator="wlsmv"), frame, set(frame))


def plan(**options: Any) -> Callable[[], Case]:
    """A plan of a panel of three constructs, which few children cannot carry together."""

    def asked() -> Case:
        random, constructs = np.random.default_rng(17), ["availability", "trust", "sensitivity"]
        names = [f"{name}_{wave}" for name in constructs for wave in (1, 2, 3, 4)]
        frame = pd.DataFrame(random.normal(size=(52, 12)), columns=names).mask(random.random((52, 12)) < 0.1)
        return Case(sb.plan_panel(frame, constructs, **options), frame, set(frame))

    asked.__name__ = "_".join(["plan", *options])
    return asked


BUILDERS: dict[str, list[Callable[[], Case]]] = {
    "NetworkResult": [
        network(),
        network(level="wave", missing="listwise", conf_level=0.9, threshold=True),
        network(constructs=["trust", "acceptance", "sdq_total"], missing="pairwise", gamma=0.0, refit=True),
        network_of_nothing,
        network_of_scores,
    ],
    "InvarianceResult": [
        invariance(group="country"),
        invariance(wave="wave", estimator="mlr", conf_level=0.9),
        invariance(group="country", partial=["t3 ~1"], steps=("metric", "scalar"), missing="listwise"),
    ],
    "PanelPlan": [plan(), plan(n_children=300, conf_level=0.9)],
    "PanelResult": [
        panel(),
        panel(equal_over_waves=False, covariates="age", conf_level=0.9),
        panel(model="clpm", group="country", estimator="mlr"),
        panel_of_a_wide_table,
    ],
    "GrowthCurvesResult": [
        growth_curves(),
        growth_curves(constructs=["availability", "trust"], group="country", estimator="mlr", conf_level=0.9),
        growth_curves(constructs=["availability", "trust"], covariates="age", slopes_on_levels=True),
        growth_curves(equal_over_waves=True, shape="latent", waves={1: 0.0, 2: 0.5, 3: 2.0, 4: 2.25}),
    ],
    "GrowthResult": [growth, growth_on_the_boundary, growth_of_scores],
    "ModerationResult": [moderation, moderation_of_ones_own, moderation_in_parts, moderation_of_scores],
    "MarginalMeans": [
        from_growth("marginal_means", by="years", at={"sensitivity": [0, 9]}, weights="proportional"),
        from_growth("marginal_means", scores=True, by=["years"], at={"years": [0.0, 1.0]}, conf_level=0.9),
    ],
    "Contrasts": [contrasts, contrasts_of_slopes],
    "SimpleSlopes": [
        from_growth("simple_slopes", of="years", at={"sensitivity": "sd"}, adjust="holm"),
        from_growth("simple_slopes", scores=True, of="years"),
    ],
    "JointTest": [
        from_growth("joint_test", terms=["years", "years:sensitivity"]),
        from_growth("joint_test", adjust="holm"),
    ],
    "GrowthIntervals": [
        from_growth("intervals"),
        from_growth("intervals", scores=True, method="bootstrap", n_resamples=30),
        from_growth("intervals", method="wald", terms=["years", "var(years)"], conf_level=0.9),
    ],
    "ResampledTest": [
        from_growth("permutation_test", term="years:sensitivity", n_resamples=199),
        from_growth("permutation_test", scores=True, term="years", n_resamples=99),
        from_growth("wild_bootstrap", term="sensitivity", by="carer", n_resamples=199),
    ],
    "GrowthComparison": [
        from_growth("compared_with", other={"random": "1"}),
        from_growth("compared_with", other={"formula": "trust ~ years"}),
        from_growth("compared_with", scores=True, other={"formula": "trust ~ 1"}),
    ],
    "IncidenceResult": [incidence, incidence_by_carer, incidence_of_one_exit],
    "DisruptionResult": [
        disruption(formula="difficulty * care", event="ended", cluster="carer", start="seen_from"),
        disruption(formula="difficulty", event="exit", model="fine-gray", cause="breakdown", censored="open"),
        disruption(formula="difficulty", event={"exit": ["home", "adoption"]}, strata=["care"], conf_level=0.9),
        disruption(formula="difficulty", event="ended", frailty="carer"),
        disruption_without_events_in_a_group,
        recurrent_moves,
    ],
    "IncidenceTest": [
        from_incidence("gray"),
        from_incidence("log_rank", cause="breakdown", strata="carer", rho=1.0),
    ],
    "MeanTimes": [
        from_incidence("restricted_mean"),
        from_incidence("restricted_mean", until=300.0, conf_level=0.5),
    ],
    "SemResult": [
        sem(missing="listwise"),
        sem(estimator="mlr", std_lv=True, conf_level=0.9),
        sem(group="country", equal=["loadings", "intercepts"], partial="trust =~ t2"),
        sem_of_few,
        sem_of_categories,
    ],
    "RelationsResult": [relations, relations_of_few, relations_of_scores],
    "AgreementResult": [agreement, agreement_on_one_category, agreement_on_text],
    "ReliabilityResult": [reliability, reliability_of_two, reliability_of_a_study],
}
built = cache(lambda builder: builder())


def kinds_of_answer() -> set[str]:
    """Every subclass of Result in the package, after all of its modules were loaded."""
    for module in pkgutil.walk_packages(sb.__path__, "securebase_analysis."):
        import_module(module.name)
    found, open_ones = set(), [Result]
    while open_ones:
        below = open_ones.pop().__subclasses__()
        open_ones += below
        found |= {kind.__name__ for kind in below if kind.__module__.startswith("securebase_analysis.")}
    return found


@pytest.fixture(params=[one for of_kind in BUILDERS.values() for one in of_kind], ids=lambda one: one.__name__)
def case(request) -> Case:
    return built(request.param)


# ---- the contract ----------------------------------------------------------------------------------------------


def test_every_kind_of_answer_is_held_to_the_contract():
    assert kinds_of_answer() == set(BUILDERS)
    for kind, builders in BUILDERS.items():
        assert {type(built(builder).result).__name__ for builder in builders} == {kind}


def test_tidy_has_the_columns_of_the_glossary_in_order(case):
    table = case.result.tidy()
    assert list(table) == list(TIDY)
    assert table.index.equals(pd.RangeIndex(len(table)))
    assert table[["outcome", "group", "effect", "term"]].map(lambda cell: isinstance(cell, str)).all(axis=None)
    assert all(table[name].dtype == float for name in list(TIDY)[4:])
    assert not table.duplicated(["outcome", "group", "effect", "term"]).any()


def test_tidy_holds_numbers_that_fit_together(case):
    table = case.result.tidy()
    between = table.dropna(subset=["estimate", "conf_low", "conf_high"])
    assert len(between) or table["estimate"].isna().any() or table["std_error"].isna().all()
    assert (between["conf_low"] <= between["conf_high"]).all()
    assert (table["std_error"].dropna() >= 0).all()
    assert table["p_value"].dropna().between(0, 1).all()
    undefined = table[table["estimate"].isna()]
    assert undefined[["std_error", "statistic", "p_value", "conf_low", "conf_high"]].isna().all(axis=None)


def test_the_level_is_an_argument_and_in_no_name(case):
    narrow, usual, wide = (case.result.tidy(level) for level in (0.5, None, 0.99))
    assert list(narrow) == list(usual) == list(wide)
    pd.testing.assert_frame_equal(usual, case.result.tidy(case.result.conf_level))
    width = [table["conf_high"] - table["conf_low"] for table in (narrow, usual, wide)]
    known = width[1].notna()
    assert (width[0][known] <= width[1][known]).all()
    assert (width[1][known] <= width[2][known]).all()
    assert "99% CI" in case.result.summary(0.99) or not known.any()
    frames = [
        value for name in fields(case.result) if isinstance(value := getattr(case.result, name.name), pd.DataFrame)
    ]
    for frame in [*frames, case.result.glance(), case.result.diagnostics(), usual]:
        assert not [name for name in frame if re.search(r"9[059]|\bci\b", str(name), re.IGNORECASE)]
    for level in (0, 1, 95, "0.95", float("nan")):
        with pytest.raises(ModelError, match="between 0 and 1"):
            case.result.tidy(level)


def test_adjusted_p_values_stand_beside_the_raw_ones_and_are_not_below_them(case):
    table = case.result.adjusted()
    assert list(table) == [*TIDY, *ADJUSTED]
    pd.testing.assert_frame_equal(table[list(TIDY)], case.result.tidy())
    known = table.dropna(subset=["p_value", "p_adjusted"])
    assert (known["p_adjusted"] >= known["p_value"] - 1e-15).all()
    assert known["p_adjusted"].between(0, 1).all()


def test_glance_is_one_row_of_names_in_the_glossary(case):
    table = case.result.glance()
    assert len(table) == 1
    assert list(table)[: len(GLANCE)] == list(GLANCE)
    assert set(table) <= set(GLANCE) | set(GLANCE_MORE)
    row = table.iloc[0]
    assert row["n_rows"] > 0
    assert row["n_groups"] > 0
    assert row["n_excluded"] >= 0
    assert row["converged"] in (True, False)


def test_diagnostics_say_what_to_do_about_what_failed(case):
    table = case.result.diagnostics()
    assert list(table) == list(DIAGNOSTICS)
    assert set(table["ok"]) <= {True, False}
    failed = table[~table["ok"].astype(bool)]
    assert failed["advice"].str.fullmatch(r"\S.*[.!?)]").all()
    assert not table["check"].duplicated().any()


def test_augment_adds_names_of_the_glossary_to_the_rows_that_went_in(case):
    table = case.result.augment()
    assert set(map(str, table)) <= case.inputs | set(AUGMENT)
    assert len(table) > 0


def test_what_is_handed_out_can_be_changed_without_changing_the_answer(case):
    for hand_out in (case.result.tidy, case.result.glance, case.result.augment, case.result.diagnostics):
        before, changed = hand_out(), hand_out()
        changed["more"] = 1
        for name in before:
            changed.loc[changed.index, name] = changed[name].iloc[-1]
            changed[name] = None
        pd.testing.assert_frame_equal(hand_out(), before)


def test_an_answer_cannot_be_changed(case):
    with pytest.raises(AttributeError):
        case.result.title = "another"
    with pytest.raises(AttributeError):
        case.result.more = 1


def test_notes_are_sentences(case):
    assert isinstance(case.result.notes, tuple)
    assert len(set(case.result.notes)) == len(case.result.notes)
    for note in case.result.notes:
        assert re.fullmatch(r"[^a-z\s].*[.!?)]|[a-z_].*\((?:SB-\w+-\d+)\)", note, re.DOTALL), note


def test_texts_have_no_stars_and_no_words_of_size(case):
    formula = str(case.result.spec.get("formula", "no formula"))
    for text in (case.result.summary(), re.sub("<[^>]+>", " ", case.result._repr_html_()), str(case.result)):
        assert "*" not in text.replace(formula, "")
        assert not SIZE_WORDS.findall(text)
        assert not re.search(r"\b(?:nan|None(?! of the)|inf)\b", text)
    for note in case.result.notes:
        assert note in case.result.summary()


def test_every_answer_can_be_drawn(case):
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.axes import Axes

    try:
        drawn = case.result.plot()
    except ModelError:  # a picture of hundreds of rows cannot be read and is refused
        assert len(case.result.tidy()) > MOST_ROWS_DRAWN
        return
    plt.close("all")
    assert all(isinstance(ax, Axes) for ax in np.ravel(drawn))


def test_the_spec_makes_the_same_answer_again(case):
    options = dict(case.result.spec)
    verb = options.pop("verb")
    # What is asked of an answer is a method of it.
    asked = getattr(case.data, verb) if isinstance(case.data, Result) else partial(getattr(sb, verb), case.data)
    again = asked(**options)
    assert type(again) is type(case.result)
    pd.testing.assert_frame_equal(again.tidy(), case.result.tidy())
    pd.testing.assert_frame_equal(again.glance(), case.result.glance())
    assert again.notes == case.result.notes


def test_simulated_data_are_called_so_wherever_the_answer_is_seen(case):
    simulated = bool(getattr(case.data, "simulated", False))
    assert isinstance(case.data, Result) or simulated == (not isinstance(case.data, pd.DataFrame))
    assert case.result.simulated == simulated
    for place in (case.result.notes, case.result.summary(), case.result._repr_html_()):
        assert (SIMULATED in place) == simulated
