"""How many children a network needs: edges found and edges made up, in simulated cohorts whose network is known.

    python benchmarks/network_recovery.py

The true network has the claims of the model as its edges: partial correlations of .35 where a dimension builds its
benefit and of .25 where dimensions interact, and none else. Of the ten constructs 9 of 45 pairs have an edge, of
the first six 5 of 15, of the first four named 4 of 6. Writes results/network_recovery.md. About ten minutes on one
core.
"""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.engines.network_selection import select_networks
from securebase_analysis.engines.partial_correlations import partial_from_precision
from securebase_analysis.models.network import fit_network

COHORTS = 500
COHORTS_OF_INTERVALS = 30
SIZES = (40, 60, 80, 100, 150, 300, 1_000)
IN_ORDER = [name for one in theory.DIMENSIONS for name in (one.name, one.benefit)]
FIRST = {4: ["availability", "trust", "acceptance", "self_esteem"], 6: [*IN_ORDER[:6]], 10: IN_ORDER}
SEED = 52


def true_network(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Partial correlations, and the correlations that follow from them."""
    partial = np.zeros((len(names), len(names)))
    for path in theory.PATHWAYS:
        if path.kind != "over time" and {path.source, path.target} <= set(names):
            i, j = names.index(path.source), names.index(path.target)
            partial[i, j] = partial[j, i] = 0.35 if path.kind == "builds" else 0.25
    covariance = np.linalg.inv(np.eye(len(names)) - partial)
    root = np.sqrt(covariance.diagonal())
    return partial, covariance / np.outer(root, root)


def recovery(rng: np.random.Generator, names: list[str], n: int, threshold: bool) -> list[float]:
    """Sensitivity, specificity, share of edges that are true, of empty networks, and of strengths in order."""
    partial, correlations = true_network(names)
    factor = np.linalg.cholesky(correlations)
    drawn = np.array([np.corrcoef((rng.normal(size=(n, len(names))) @ factor.T).T) for _ in range(COHORTS)])
    found = select_networks(drawn, n, threshold=threshold, whole_path=False, tolerance=1e-5)
    edges = partial_from_precision(found.precision)
    pairs = np.triu_indices(len(names), 1)
    there, seen = partial[pairs] != 0, edges[:, *pairs] != 0
    strength, truth = np.abs(edges).sum(axis=2), np.abs(partial).sum(axis=1)
    with np.errstate(invalid="ignore"):
        order = np.nan_to_num([np.corrcoef(truth, own)[0, 1] for own in strength])
    return [
        seen[:, there].mean(),
        1.0 - seen[:, ~there].mean(),
        seen[:, there].sum() / max(seen.sum(), 1),
        (~seen.any(axis=1)).mean(),
        (order >= 0.7).mean(),
    ]


def coverage(n: int, cohorts: int) -> tuple[float, float, float]:
    """How often the intervals without a penalty hold the truth, and the two mean stability coefficients."""
    partial, correlations = true_network(IN_ORDER)
    truth = partial[np.triu_indices(10, 1)]
    held, stable = [], []
    for cohort in range(cohorts):
        rng = np.random.default_rng([SEED, n, cohort])
        X = rng.multivariate_normal(np.zeros(10), correlations, size=n)
        result = fit_network(pd.DataFrame(X, columns=IN_ORDER), IN_ORDER, n_resamples=200)
        edges = result.edges()
        held.append(((edges["partial_low"] <= truth) & (edges["partial_high"] >= truth)).mean())
        stable.append((result.coefficient("edge"), result.coefficient("strength")))
    return (float(np.mean(held)), *np.mean(stable, axis=0))


def main() -> None:
    lines = [
        "# How many children a network needs",
        "",
        f"{COHORTS:,} simulated cohorts a row, seed {SEED}, gamma .5. The true edges are partial correlations of "
        ".35 and .25.",
        "",
        "| constructs | children | true edges found | absent edges left out | of edges found, true | empty "
        "| strengths correlate .7 with the true | found, with threshold | left out, with threshold |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for p, names in FIRST.items():
        for n in SIZES:
            rng = np.random.default_rng([SEED, p, n])
            plain, strict = (recovery(rng, names, n, threshold) for threshold in (False, True))
            cells = [f"{value:.0%}" for value in [*plain, *strict[:2]]]
            lines.append(f"| {p} | {n:,} | {' | '.join(cells)} |")
    lines += [
        "",
        "Below 80 children most networks of ten constructs are empty, and even at 80 four of ten true edges are "
        "found; hence `fit_network` refuses fewer than 80 and says what is missed below 150. However many "
        "children there are, about one in five edges found is not there, unless there is a threshold.",
        "",
        "## Intervals without a penalty, and stability",
        "",
        f"{COHORTS_OF_INTERVALS} cohorts of ten constructs a row, 200 resamples each.",
        "",
        "| children | 95 % intervals that hold the truth | stability of edges | stability of strengths |",
        "| --- | --- | --- | --- |",
    ]
    for n in (80, 150, 300):
        held, edges, strengths = coverage(n, COHORTS_OF_INTERVALS)
        lines.append(f"| {n} | {held:.1%} | {edges:.2f} | {strengths:.2f} |")
    text = "\n".join(lines) + "\n"
    Path(__file__).with_name("results").joinpath("network_recovery.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
