"""Size and power of the tests for few carers, and coverage of intervals for variances: simulated cohorts.

    python benchmarks/few_clusters.py

Carers have one to four children each, seen at three waves; carers and children differ, carers with heavy tails.
`trained` belongs to the carer, `stress` to the visit. Writes results/few_clusters.md. Three minutes on one core.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.models.after_growth.intervals import intervals
from securebase_analysis.models.after_growth.permutation import permutation_test
from securebase_analysis.models.after_growth.wild_clusters import wild_cluster_bootstrap
from securebase_analysis.models.growth import fit_growth

HERE = Path(__file__).parent
COHORTS, OF_VARIANCES = 250, 200
FORMULA = "trust ~ years + trained + stress"
BOTH = {"child": "1", "carer": "1"}
TESTS = {
    "t, carers ignored": lambda alone, both, term: p_of(alone, term),
    "t, Satterthwaite": lambda alone, both, term: p_of(both, term),
    "permutation": lambda alone, both, term: permutation_test(both, term, n_resamples=999).p_value,
    "wild cluster bootstrap": lambda alone, both, term: (
        wild_cluster_bootstrap(both, term, n_resamples=999).p_value
    ),
}


def cohort(seed: int, n_carers: int, trained: float = 0.0, stress: float = 0.0) -> pd.DataFrame:
    """Children of a few carers; effects are zero unless given."""
    random = np.random.default_rng(seed)
    of_child = np.repeat(np.arange(n_carers), 1 + random.permutation(np.arange(n_carers) % 4))
    child = np.repeat(np.arange(len(of_child)), 3)
    carer = of_child[child]
    frame = pd.DataFrame({"child": child, "carer": carer, "years": np.tile([0.0, 1.0, 2.0], len(of_child))})
    frame["trained"] = random.permutation(np.arange(n_carers) % 2)[carer] * 1.0
    frame["stress"] = random.normal(size=len(frame)) + 0.5 * random.normal(size=n_carers)[carer]
    shared = 0.7 * random.standard_t(4, size=n_carers)[carer] + random.normal(size=len(of_child))[child]
    noise = 0.8 * random.normal(size=len(frame))
    return frame.assign(trust=trained * frame["trained"] + stress * frame["stress"] + shared + noise)


def p_of(growth, term: str) -> float:
    """The p-value of the t test."""
    return float(growth.tidy().set_index("term").loc[term, "p_value"])


def rejections(n_carers: int, term: str, **effects: float) -> dict[str, float]:
    """Share of cohorts in which each test rejects at 5 %."""
    counts = dict.fromkeys(TESTS, 0)
    for seed in range(COHORTS):
        frame = cohort(70_000 + seed, n_carers, **effects)
        alone, both = (fit_growth(frame, FORMULA, random) for random in ("1", BOTH))
        for name, test in TESTS.items():
            counts[name] += test(alone, both, term) <= 0.05
    return {name: count / COHORTS for name, count in counts.items()}


def coverage(n_children: int) -> pd.DataFrame:
    """Share of 95 % intervals that hold the truth, by method; Wald's has none on the boundary."""
    truth = pd.Series({"years": 0.25, "var(Intercept)": 1.0, "var(years)": 0.09, "var(residual)": 0.64})
    found: dict[str, list[pd.Series]] = {"wald": [], "profile": []}
    for seed in range(OF_VARIANCES):
        random = np.random.default_rng(80_000 + seed)
        child, years = np.repeat(np.arange(n_children), 4), np.tile(np.arange(4.0), n_children)
        trust = (0.25 + 0.3 * random.normal(size=n_children)[child]) * years
        trust += random.normal(size=n_children)[child] + 0.8 * random.normal(size=len(child))
        growth = fit_growth(
            pd.DataFrame({"child": child, "years": years, "trust": trust}), "trust ~ years", "years"
        )
        for method, rows in found.items():
            table = intervals(growth, method, list(truth.index)).tidy().set_index("term")
            inside = (table["conf_low"] <= truth) & (truth <= table["conf_high"])
            rows.append(inside.astype(float).where(table["conf_low"].notna()))
    return pd.DataFrame({name: pd.concat(rows, axis=1).mean(axis=1) for name, rows in found.items()}).loc[
        truth.index
    ]


def table_of(rows: dict[str, dict[str, float]]) -> list[str]:
    """Rows of shares as a table."""
    lines = [f"| | {' | '.join(TESTS)} |", "| --- " * (1 + len(TESTS)) + "|"]
    return lines + [
        f"| {name} | {' | '.join(f'{share[test]:.1%}' for test in TESTS)} |" for name, share in rows.items()
    ]


def main() -> None:
    size = {f"{n} carers, {term}": rejections(n, term) for n in (6, 10, 16) for term in ("trained", "stress")}
    power = {
        "10 carers, trained = 1.5": rejections(10, "trained", trained=1.5),
        "10 carers, stress = 0.3": rejections(10, "stress", stress=0.3),
    }
    of_variances = {n: coverage(n) for n in (25, 52)}
    lines = [
        "# Tests for few carers, and intervals for variances",
        "",
        f"`{FORMULA}`, random level by child and carer; {COHORTS} simulated cohorts a row, heavy-tailed carers "
        "(t with 4 degrees of freedom). Share of cohorts in which the test rejects at 5 %.",
        "",
        "## No effect: 5 % are expected (Monte Carlo standard error 1.4 points)",
        "",
        *table_of(size),
        "",
        "## An effect",
        "",
        *table_of(power),
        "",
        f"## Coverage of 95 % intervals, level and pace by child, 4 waves, {OF_VARIANCES} cohorts",
        "",
        "| | Wald (REML, logarithm for variances) | profile (ML) |",
        "| --- | --- | --- |",
    ]
    for n, table in of_variances.items():
        lines += [
            f"| {n} children, {row.Index} | {row.wald:.1%} | {row.profile:.1%} |" for row in table.itertuples()
        ]
    (HERE / "results" / "few_clusters.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
