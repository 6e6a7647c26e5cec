"""The cluster bootstrap: draws, equality with a plain loop, and intervals."""

import numpy as np
import pytest
from scipy import sparse

from securebase_analysis.engines import resample


def mean_of(sums: np.ndarray) -> np.ndarray:
    return (sums[:, 0] / sums[:, 1])[:, None]


def test_every_resample_draws_as_many_clusters_as_there_are() -> None:
    counts = resample.draw_counts(13, 200, np.random.default_rng(1))
    assert counts.shape == (200, 13)
    assert (counts.sum(axis=1) == 13).all()
    # Each cluster is drawn once on average; 4 standard errors of a binomial count over 200 resamples.
    assert np.abs(counts.mean(axis=0) - 1).max() < 4 * np.sqrt((1 - 1 / 13) / 200)


def test_bootstrap_equals_a_loop_over_the_same_draws() -> None:
    rng = np.random.default_rng(2)
    sums = rng.random((9, 2))
    counts = resample.draw_counts(9, 50, np.random.default_rng(77))
    by_hand = [
        np.repeat(sums[:, 0], row.astype(int)).sum() / np.repeat(sums[:, 1], row.astype(int)).sum()
        for row in counts
    ]
    np.testing.assert_allclose(resample.bootstrap(sums, mean_of, 50, seed=77)[:, 0], by_hand)
    np.testing.assert_allclose(resample.bootstrap(sparse.csr_array(sums), mean_of, 50, seed=77)[:, 0], by_hand)


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = np.random.default_rng(4).random((11, 2))
    whole = resample.bootstrap(sums, mean_of, 40, seed=5)
    monkeypatch.setattr(resample, "CELLS_AT_ONCE", 33)
    np.testing.assert_allclose(resample.bootstrap(sums, mean_of, 40, seed=5), whole, rtol=1e-13)


def test_strata_keep_their_sizes() -> None:
    sums = np.column_stack([np.repeat([1.0, 0.0], [3, 8]), np.ones(11)])
    drawn = resample.bootstrap(sums, lambda total: total, 60, seed=6, strata=np.repeat([0, 1], [3, 8]))
    assert (drawn[:, 0] == 3).all()


def test_jackknife_of_blocks_covers_every_cluster_once() -> None:
    sums = np.eye(1000)
    left_out = resample.jackknife(sums, lambda total: total)
    assert left_out.shape == (resample.MOST_BLOCKS, 1000)
    assert (1 - left_out).sum() == 1000


def test_acceleration_of_a_mean_is_its_skewness_over_six_root_n() -> None:
    values = np.random.default_rng(7).exponential(size=60)
    sums = np.column_stack([values, np.ones(60)])
    influence = values - values.mean()
    expected = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    # The jackknife of a ratio of sums differs from the influence function by a factor n / (n - 1) only.
    np.testing.assert_allclose(resample.acceleration(resample.jackknife(sums, mean_of)), [expected], rtol=1e-9)


def test_interval_without_correction_is_the_widened_percentile_interval() -> None:
    replicates = np.random.default_rng(8).normal(size=(4000, 1))
    low, high = resample.bca_interval(replicates, np.zeros(1), np.zeros(1), np.array([10]), 0.95)
    # sqrt(10 / 9) * t(.975, 9) = 2.3845; Phi(-2.3845) = 0.008552
    np.testing.assert_allclose([low[0], high[0]], np.quantile(replicates, [0.0085517, 0.9914483]), rtol=1e-4)
    wide = resample.bca_interval(replicates, np.zeros(1), np.zeros(1), np.array([10**6]), 0.95)
    np.testing.assert_allclose([wide[0][0], wide[1][0]], np.quantile(replicates, [0.025, 0.975]), rtol=1e-4)


def test_undefined_replicates_are_left_out_and_an_empty_column_has_no_interval() -> None:
    replicates = np.column_stack([np.r_[np.nan, np.arange(99.0)], np.full(100, np.nan)])
    bias = resample.bias_correction(np.array([49.0, np.nan]), replicates)
    low, high = resample.bca_interval(replicates, bias, np.zeros(2), np.array([50, 50]), 0.9)
    assert np.isfinite([low[0], high[0]]).all()
    assert np.isnan([low[1], high[1]]).all()


def test_one_sided_replicates_fall_back_to_percentiles() -> None:
    replicates = np.ones((100, 1))
    assert np.isnan(resample.bias_correction(np.array([1.5]), replicates)).all()
    assert resample.bias_correction(np.array([1.0]), replicates) == 0.0


def test_levels_far_out_stay_in_order() -> None:
    replicates = np.random.default_rng(9).normal(size=(500, 1))
    for speed in (-0.16, 0.0, 0.16):
        for conf_level in (0.5, 0.95, 0.9999):
            few = np.array([3])
            low, high = resample.bca_interval(replicates, np.array([0.3]), np.array([speed]), few, conf_level)
            assert low[0] < high[0]
    low, high = resample.bca_interval(replicates, np.zeros(1), np.array([0.16]), np.array([3]), 0.9999)
    assert high[0] == replicates.max()
