"""How often the intervals of assess_reliability hold the truth.

    python benchmarks/reliability_coverage.py

2,000 simulated scales of five items for each cell, with equal and with unequal loadings (alpha is then below the
reliability, and it is alpha's own population value that its interval should hold), normal and on five points.
Writes results/reliability_coverage.md. About two minutes on one core.
"""

from pathlib import Path

import numpy as np

from securebase_analysis.engines import internal_consistency as consistency

SCALES = 2_000
LEVEL = 0.95
SEED = 733
LOADINGS = {"equal": np.full(5, 0.6), "unequal": np.array([0.3, 0.5, 0.6, 0.7, 0.8])}
SIZES = (20, 40, 80, 240)


def five_points(answers: np.ndarray) -> np.ndarray:
    return np.digitize(answers, [-1.5, -0.5, 0.5, 1.5]).astype(float)


def answers_of(random: np.random.Generator, n: int, loadings: np.ndarray, points: bool) -> np.ndarray:
    answers = random.normal(size=(n, 1)) * loadings + random.normal(size=(n, 5)) * np.sqrt(1 - loadings**2)
    return five_points(answers) if points else answers


def truths(loadings: np.ndarray, points: bool) -> tuple[float, float]:
    """Population alpha and omega, on five points from a very large sample."""
    if points:
        covariance = np.cov(answers_of(np.random.default_rng(1), 2_000_000, loadings, points).T)
    else:
        covariance = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    factor = consistency.fit_one_factor(covariance)
    return consistency.cronbach_alpha(covariance), consistency.omega_total(factor.loadings, factor.uniquenesses)


def held(answers: np.ndarray, alpha_truth: float, omega_truth: float) -> tuple[float, float]:
    """Whether each interval holds its truth; NaN where omega is not estimable."""
    n = len(answers)
    covariance = np.cov(answers.T)
    low, high = consistency.feldt_interval(consistency.cronbach_alpha(covariance), n, 5, LEVEL)
    alpha = float(low <= alpha_truth <= high)
    factor = consistency.fit_one_factor(covariance)
    if factor.improper.any() or n < 30:
        return alpha, float("nan")
    omega = consistency.omega_total(factor.loadings, factor.uniquenesses)
    error = consistency.omega_std_error(factor.loadings, factor.uniquenesses, n)
    low, high = consistency.logit_interval(omega, error, LEVEL)
    return alpha, float(low <= omega_truth <= high)


def main() -> None:
    random = np.random.default_rng(SEED)
    lines = [
        "# Coverage of 95 % intervals of alpha (Feldt) and omega (delta method, logit scale)",
        "",
        f"{SCALES:,} simulated scales of five items a row; the simulation error of a share is about 0.5 points.",
        "",
        "| answers | loadings | children | alpha | omega | omega not estimable |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for points in (False, True):
        for name, loadings in LOADINGS.items():
            alpha_truth, omega_truth = truths(loadings, points)
            for n in SIZES:
                shares = np.array(
                    [
                        held(answers_of(random, n, loadings, points), alpha_truth, omega_truth)
                        for _ in range(SCALES)
                    ]
                )
                omega = shares[:, 1][~np.isnan(shares[:, 1])]
                none = f"{np.isnan(shares[:, 1]).mean():.1%}" if n >= 30 else "not fitted"
                covered = f"{omega.mean():.1%}" if omega.size else ""
                kind = "five points" if points else "normal"
                lines.append(f"| {kind} | {name} | {n} | {shares[:, 0].mean():.1%} | {covered} | {none} |")
    target = Path(__file__).parent / "results" / "reliability_coverage.md"
    target.write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
