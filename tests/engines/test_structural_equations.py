"""Structural equations: derivatives, recovery of a known truth, what is said where a model cannot be fitted."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from securebase_analysis.engines.baseline_model import fit_baseline, independence
from securebase_analysis.engines.fit_indices import fit_indices
from securebase_analysis.engines.improper_solutions import improper_solutions
from securebase_analysis.engines.latent_scores import latent_scores
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import COVARIANCE, EFFECT, MEAN, Structure
from securebase_analysis.engines.scaled_tests import missing_robust_indices, scaled_difference, scaled_indices
from securebase_analysis.engines.structural_equations import at_parameters, fit_structures

PANELS = runpy.run_path(str(Path(__file__).parents[1] / "reference" / "sem_panels.py"))


def factors(loadings, marker=True, covariances=True):
    """Indicators of each factor, the first with a loading of 1; all means free."""
    p, f = sum(loadings), len(loadings)
    fixed, lines, row = np.zeros((3, p + f, p + f)), [], 0
    for factor, size in enumerate(loadings):
        for number in range(size):
            if marker and number == 0:
                fixed[EFFECT, row, p + factor] = 1.0
            else:
                lines.append((EFFECT, row, p + factor))
            row += 1
    lines += [(COVARIANCE, i, i) for i in range(p)]
    lines += [(COVARIANCE, p + a, p + b) for a in range(f) for b in range(a + 1) if covariances or a == b]
    lines += [(MEAN, i, 0) for i in range(p)]
    return Structure(p, fixed, np.column_stack([np.array(lines), np.arange(len(lines))]))


def two_factors(n, seed, correlation=0.5, signs=(1, 1, 1, 1, 1, 1)):
    random = np.random.default_rng(seed)
    factor = random.normal(size=(n, 2)) @ np.linalg.cholesky([[1.0, correlation], [correlation, 1.0]]).T
    return factor[:, [0, 0, 0, 1, 1, 1]] * np.array(signs) + 0.7 * random.normal(size=(n, 6))


def with_gaps(X, share, seed):
    X = X.copy()
    X[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return X


def test_gradient_and_information_are_slopes():
    groups = [
        (patterns_of(with_gaps(two_factors(60, 1), 0.2, 2)), factors([3, 3])),
        (patterns_of(two_factors(50, 3)), factors([3, 3])),
    ]
    theta = fit_structures(groups).theta + 0.05

    def at(x):
        return at_parameters(groups, x)

    steps = 1e-6 * np.eye(len(theta))
    slope = [(at(theta + step).value - at(theta - step).value) / 2e-6 for step in steps]
    np.testing.assert_allclose(at(theta).gradient, slope, atol=1e-5, rtol=1e-5)
    curvature = [(at(theta + step).gradient - at(theta - step).gradient) / 2e-6 for step in steps]
    np.testing.assert_allclose(at(theta).information("observed"), -np.array(curvature), atol=1e-4, rtol=1e-5)


def test_score_of_rows_adds_up_to_the_gradient():
    groups = [(patterns_of(with_gaps(two_factors(60, 1), 0.2, 2)), factors([3, 3]))]
    fit = fit_structures(groups)
    np.testing.assert_allclose(fit.scores.sum(axis=0), fit.gradient, atol=1e-8)


def test_items_keyed_against_the_factor_are_found():
    X = with_gaps(two_factors(300, 4, signs=(1, -1, 1, 1, -1, -1)), 0.1, 5)
    fit = fit_structures([(patterns_of(X), factors([3, 3]))])
    assert fit.converged
    assert fit.n_steps < 20
    assert (np.sign(fit.theta[:4]) == [-1, 1, -1, -1]).all()


def test_the_scale_of_a_factor_can_be_its_variance():
    X = two_factors(300, 6, signs=(1, -1, 1, 1, -1, -1))
    by_marker = fit_structures([(patterns_of(X), factors([3, 3]))])
    free = factors([3, 3], marker=False)
    variances = (
        (free.entries[:, 0] == COVARIANCE) & (free.entries[:, 1] >= 6) & (free.entries[:, 1] == free.entries[:, 2])
    )
    entries = free.entries[~variances]
    entries[:, 3] = np.arange(len(entries))
    fixed = free.fixed.copy()
    fixed[COVARIANCE, 6, 6] = fixed[COVARIANCE, 7, 7] = 1.0
    by_variance = fit_structures([(patterns_of(X), Structure(6, fixed, entries))])
    assert by_variance.converged
    assert by_variance.log_likelihood == pytest.approx(by_marker.log_likelihood, abs=1e-8)


def test_what_is_not_identified_is_named():
    """Without a marker and with a free variance the scale of a factor is anyone's."""
    fit = fit_structures([(patterns_of(two_factors(200, 7)), factors([3, 3], marker=False))])
    assert fit.rank == fit.n_parameters - 2
    names = [tuple(line) for line in factors([3, 3], marker=False).entries[fit.not_identified][:, :3]]
    assert (COVARIANCE, 6, 6) in names
    assert (EFFECT, 0, 6) in names
    assert (MEAN, 0, 0) not in names
    assert (COVARIANCE, 0, 0) not in names


def test_a_factor_of_two_indicators_alone_is_not_identified():
    fit = fit_structures([(patterns_of(two_factors(200, 8)[:, :2]), factors([2]))])
    assert fit.rank < fit.n_parameters
    assert not fit.not_identified[-2:].any()


def with_covariance(covariance, n=200):
    """Rows that have exactly these covariances and means of 0."""
    X = np.random.default_rng(9).normal(size=(n, len(covariance)))
    X -= X.mean(axis=0)
    whitened = X @ np.linalg.inv(np.linalg.cholesky(np.cov(X.T, bias=True))).T
    return whitened @ np.linalg.cholesky(covariance).T


def test_a_negative_variance_is_told():
    """The factor explains ``r12 r13 / r23 = 1.225`` of the variance of 1 of the first indicator."""
    R = np.array([[1.0, 0.7, 0.7], [0.7, 1.0, 0.4], [0.7, 0.4, 1.0]])
    fit = fit_structures([(patterns_of(with_covariance(R)), factors([3]))])
    assert fit.converged
    assert fit.at.implied[0].residual[0, 0] == pytest.approx(-0.225, abs=1e-6)
    (found,) = improper_solutions(fit)
    assert found.negative_variances.tolist() == [0]
    assert found.residuals_impossible
    assert not found.latent_impossible


def test_a_correlation_above_one_is_told():
    """Indicators of different factors correlate higher than those of one factor."""
    R = np.full((4, 4), 0.55) + 0.45 * np.eye(4)
    R[0, 1] = R[1, 0] = R[2, 3] = R[3, 2] = 0.5
    fit = fit_structures([(patterns_of(with_covariance(R)), factors([2, 2]))])
    (found,) = improper_solutions(fit)
    assert fit.at.implied[0].covariances[5, 4] > 0.54
    assert found.latent_impossible
    assert found.anything


def test_a_proper_solution_has_nothing_improper():
    fit = fit_structures([(patterns_of(two_factors(300, 10)), factors([3, 3]))])
    assert not improper_solutions(fit)[0].anything


def test_equal_parameters_over_groups_are_one_parameter():
    first, second = two_factors(150, 13), two_factors(150, 14) + 1.0
    own = factors([3, 3])
    loadings = own.entries[:, 0] == EFFECT
    other = own.entries.copy()
    other[~loadings, 3] = len(own.entries) + np.arange((~loadings).sum())
    equal = fit_structures(
        [(patterns_of(first), own), (patterns_of(second), Structure(6, own.fixed, other.copy()))]
    )
    other[loadings, 3] = other[:, 3].max() + 1 + np.arange(loadings.sum())
    apart = fit_structures(
        [(patterns_of(first), own), (patterns_of(second), Structure(6, own.fixed, other.copy()))]
    )
    assert equal.df == apart.df + loadings.sum()
    assert 0.0 < equal.chi2 - apart.chi2 < 20.0
    test = scaled_difference(equal, apart, scaled=False)
    assert test.statistic == pytest.approx(equal.chi2 - apart.chi2, abs=1e-6)
    assert test.df == loadings.sum()
    with pytest.raises(ValueError, match="no more degrees"):
        scaled_difference(apart, equal)


def test_truth_is_recovered_with_honest_intervals():
    """150 samples of 300 rows, a fifth of the cells missing: intervals cover 95 of 100, give or take."""
    covered, truth = [], np.ones(4)
    for seed in range(150):
        X = with_gaps(two_factors(300, 100 + seed), 0.2, 1000 + seed)
        fit = fit_structures([(patterns_of(X), factors([3, 3]))], fit_saturated=False)
        error = np.sqrt(fit.vcov().diagonal()[:4])
        covered.append(np.abs(fit.theta[:4] - truth) < 1.96 * error)
    assert 0.925 < np.mean(covered) < 0.975


def panel(k, n, missing, seed):
    """A simulated panel and its random-intercept cross-lagged model with equal lags."""
    simulated = PANELS["panel"](k, n, missing, seed)
    p = simulated.shape[1]
    own, fixed, lines, number = p + k, np.zeros((3, 2 * p + k, 2 * p + k)), [], {}

    def line(matrix, row, column, name):
        lines.append((matrix, row, column, number.setdefault(name, len(number))))

    for cell in range(p):
        wave, construct = divmod(cell, k)
        fixed[EFFECT, cell, [own + cell, p + construct]] = 1.0
        line(MEAN, cell, 0, ("mean", cell))
        for other in range(k):
            if wave:
                line(EFFECT, own + cell, own + (wave - 1) * k + other, ("lag", construct, other))
            if other <= construct:
                line(COVARIANCE, own + cell, own + wave * k + other, ("own", cell, other))
                if not wave:
                    line(COVARIANCE, p + construct, p + other, ("stable", construct, other))
    return patterns_of(simulated), Structure(p, fixed, np.array(lines))


def test_a_search_that_lost_its_way_is_begun_again():
    """From the start scoring runs off to a negative variance; lavaan 0.6-14 finds this maximum."""
    fit = fit_structures([panel(2, 100, "waves", 50)])
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(-747.3817, abs=1e-4)
    assert not improper_solutions(fit)[0].anything


def test_what_has_no_maximum_does_not_converge():
    """Five constructs, four waves and 52 children: lavaan does not converge either."""
    fit = fit_structures([panel(5, 52, "cells", 50)])
    assert not fit.converged
    assert not fit.saturated_usable


def test_independent_variables_have_the_baseline_in_closed_form():
    patterns = patterns_of(with_gaps(two_factors(120, 15), 0.25, 16))
    fit = fit_structures([(patterns, factors([3, 3]))])
    closed, searched = fit_baseline(fit), fit_structures([(patterns, independence(6))])
    assert closed.log_likelihood == pytest.approx(searched.log_likelihood, abs=1e-9)
    kept = fit_baseline(fit, correlated=[0, 3])
    assert kept.df == closed.df - 1
    assert kept.log_likelihood > closed.log_likelihood
    assert np.abs(kept.gradient).max() < 1e-3


def test_variables_taken_as_given_keep_their_covariances_in_closed_form():
    X = with_gaps(two_factors(120, 17), 0.25, 18)
    X[:, [0, 3]] = two_factors(120, 19)[:, [0, 3]]
    fit = fit_structures([(patterns_of(X), factors([3, 3]))])
    kept = fit_baseline(fit, correlated=[0, 3])
    assert kept.n_steps == 0
    assert np.abs(kept.gradient).max() < 1e-8


def test_without_usable_saturated_moments_there_are_no_indices():
    random = np.random.default_rng(20)
    X = with_gaps(random.normal(size=(52, 1)) + random.normal(size=(52, 20)), 0.2, 21)
    fit = fit_structures([(patterns_of(X), factors([20]))])
    assert fit.converged
    assert not fit.saturated_usable
    baseline = fit_baseline(fit)
    indices = fit_indices(fit, baseline)
    for word in ("chi2", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr"):
        assert np.isnan(getattr(indices, word)), word
    assert np.isfinite(indices.aic)
    assert np.isnan(scaled_indices(fit, baseline).cfi_robust)
    assert np.isnan(missing_robust_indices(fit, baseline).tli_robust)


def test_a_saturated_model_fits_exactly():
    patterns = patterns_of(with_gaps(two_factors(100, 22)[:, :3], 0.2, 23))
    fit = fit_structures([(patterns, independence(3, correlated=[0, 1, 2]))])
    indices = fit_indices(fit, fit_baseline(fit))
    assert fit.df == 0
    assert fit.chi2 == pytest.approx(0.0, abs=1e-7)
    assert indices.cfi == pytest.approx(1.0)
    assert indices.rmsea == 0.0
    assert np.isnan(indices.p_value)
    assert np.isnan(scaled_indices(fit, fit_baseline(fit)).scaling_factor)


def test_latent_scores_shrink_where_less_is_known():
    X = two_factors(100, 24)
    X[0, 1:] = np.nan
    X[1] = np.nan
    fit = fit_structures([(patterns_of(X), factors([3, 3]))])
    scores = latent_scores(fit)
    assert np.isnan(scores.score[1]).all()
    assert np.isnan(scores.std_error[1]).all()
    assert (scores.std_error[0] > scores.std_error[2]).all()
    assert np.corrcoef(scores.score[2:, 0], X[2:, 0])[0, 1] > 0.7


def test_a_start_without_a_likelihood_is_given_larger_variances():
    """A covariance of what two items leave is fixed at more than half of their variances."""
    X = two_factors(200, 30)
    X[:, 1] = X[:, 0] + 0.3 * np.random.default_rng(31).normal(size=200)
    structure = factors([3, 3])
    fixed = structure.fixed.copy()
    fixed[COVARIANCE, 0, 1] = fixed[COVARIANCE, 1, 0] = 0.9
    fit = fit_structures([(patterns_of(X), Structure(6, fixed, structure.entries))])
    assert np.isfinite(fit.log_likelihood)


def test_a_model_without_parameters_is_only_evaluated():
    fixed = np.zeros((3, 2, 2))
    fixed[COVARIANCE] = np.eye(2)
    X = np.random.default_rng(32).normal(size=(50, 2))
    fit = fit_structures([(patterns_of(X), Structure(2, fixed, np.empty((0, 4), dtype=int)))])
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(-0.5 * (X**2).sum() - 50 * np.log(2 * np.pi))
    assert fit.df == 5


def test_starting_values_given_are_kept_and_wrong_ones_refused():
    group = (patterns_of(two_factors(100, 25)), factors([3, 3]))
    fit = fit_structures([group])
    again = fit_structures([group], start=fit.theta)
    assert again.n_steps <= 1
    assert again.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-10)
    partly = np.full(fit.n_parameters, np.nan)
    partly[0] = 0.5
    assert fit_structures([group], start=partly).log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-8)
    with pytest.raises(ValueError, match="no value where"):
        fit_structures([group], start=np.where(group[1].entries[:, 0] == COVARIANCE, -1.0, 0.0))
    with pytest.raises(ValueError, match="as many observed variables"):
        fit_structures([(patterns_of(two_factors(50, 26)[:, :5]), factors([3, 3]))])
