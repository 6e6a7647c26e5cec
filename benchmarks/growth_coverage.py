"""How often the intervals of fit_growth hold the truth: 1,000 simulated cohorts of 52 children x 4 waves, twice.

    python benchmarks/growth_coverage.py

A fifth of the rows is missing at random; levels and slopes differ between children. In the second thousand the 52
children live with 34 carers, who differ too, and a fifth of the children moves to another carer on the way; the
model names both, and for comparison only the child. Writes results/growth_coverage.md. About five minutes on one
core.
"""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.models.growth import fit_growth

HERE = Path(__file__).parent
simulate_cohort = runpy.run_path(str(HERE.parent / "tests" / "reference" / "growth_cohorts.py"))["simulate_cohort"]
COHORTS = 1_000
FIRST_SEED = 50_000
FORMULA = "trust ~ years + kinship + availability + stress"
TRUTH = pd.Series(
    {
        "Intercept": 3.0,
        "years": 0.2,
        "kinship[T.yes]": -0.4,
        "availability": 0.3,
        "stress": 0.1,
        "var(Intercept)": 1.0,
        "cov(Intercept, years)": -0.3 * 0.35,
        "var(years)": 0.35**2,
        "var(residual)": 0.64,
    }
)
CARERS, CARER_SD, MOVING = 34, 0.6, 0.2
EFFECT_OF_CARERS = 0.25
"""How availability, here one for each carer, goes with trust."""


def with_carers(seed: int) -> pd.DataFrame:
    """A cohort whose children share carers; availability is the carer's, kinship the child's."""
    frame = simulate_cohort(seed=seed)
    random = np.random.default_rng(seed + 1_000_000)
    child, names = pd.factorize(frame["child"])
    first, second = random.integers(0, CARERS, (2, len(names)))
    moves = (random.random(len(names)) < MOVING)[child] & (frame["years"] >= 2)
    carer = np.where(moves, second[child], first[child])
    availability = random.normal(size=CARERS)[carer]
    trust = frame["trust"] - 0.3 * frame["availability"] + EFFECT_OF_CARERS * availability
    trust += CARER_SD * random.normal(size=CARERS)[carer]
    return frame.assign(carer=[f"k{number}" for number in carer], availability=availability, trust=trust)


def covered(table: pd.DataFrame, truth: pd.Series) -> pd.Series:
    """Whether each interval holds the truth; missing where there is no interval."""
    table = table.assign(term=_named(table)).set_index("term").loc[truth.index]
    inside = (table["conf_low"] <= truth) & (table["conf_high"] >= truth)
    return inside.astype(float).where(table["conf_low"].notna())


def _named(table: pd.DataFrame) -> pd.Series:
    """Terms, with the carer's variance told apart from the child's."""
    return table["term"].where(table["group"] != "carer", "carers: " + table["term"])


def coverage(make, truth: pd.Series, models: dict[str, dict]) -> list[str]:
    """Rows of a table: for each term the truth, the first model's mean estimate, and each model's coverage."""
    found: dict[str, list[pd.Series]] = {name: [] for name in models}
    estimates, singular = [], 0
    for seed in range(FIRST_SEED, FIRST_SEED + COHORTS):
        frame = make(seed)
        for place, (name, options) in enumerate(models.items()):
            result = fit_growth(frame, FORMULA, **options)
            table = result.tidy()
            terms = truth[truth.index.isin(_named(table))]
            found[name].append(covered(table, terms))
            if place == 0:
                estimates.append(table.assign(term=_named(table)).set_index("term")["estimate"])
                singular += bool(result.facts["singular"])
    shares = {name: pd.concat(rows, axis=1).mean(axis=1) for name, rows in found.items()}
    mean = pd.concat(estimates, axis=1).mean(axis=1)
    lines = [f"| term | truth | mean estimate | {' | '.join(models)} |", "| --- " * (3 + len(models)) + "|"]
    for term, true in truth.items():
        of_models = " | ".join(f"{shares[name][term]:.1%}" if term in shares[name] else "" for name in models)
        lines.append(f"| {term} | {true:.3f} | {mean[term]:.3f} | {of_models} |")
    return [*lines, "", f"{singular} fits of the first model were singular."]


def main() -> None:
    kinds = {"Satterthwaite": "satterthwaite", "Kenward-Roger": "kenward-roger", "normal": "normal"}
    alone = coverage(
        lambda seed: simulate_cohort(seed=seed),
        TRUTH,
        {name: {"random": "years", "df": df} for name, df in kinds.items()},
    )
    both = {"child": "years", "carer": "1"}
    shared = coverage(
        with_carers,
        TRUTH.drop("availability").pipe(
            lambda truth: pd.concat(
                [truth, pd.Series({"availability": EFFECT_OF_CARERS, "carers: var(Intercept)": CARER_SD**2})]
            )
        ),
        {
            "child and carer, Satterthwaite": {"random": both},
            "child and carer, Kenward-Roger": {"random": both, "df": "kenward-roger"},
            "child only, Satterthwaite": {"random": {"child": "years"}},
        },
    )
    lines = [
        "# Coverage of the 95 % intervals of fit_growth",
        "",
        f"`{FORMULA}`; {COHORTS:,} simulated cohorts of 52 children x 4 waves each, a fifth of the rows missing, "
        f"seeds from {FIRST_SEED:,}; Monte Carlo standard error 0.7 points. Variances have no interval on their "
        "boundary, and those fits do not count in their rows.",
        "",
        "## No carers shared; level and pace by child",
        "",
        *alone,
        "",
        f"## Carers shared: {CARERS} carers with a standard deviation of {CARER_SD}; {MOVING:.0%} of the children "
        "move",
        "",
        "Availability is the carer's own.",
        "",
        *shared,
    ]
    text = "\n".join(lines) + "\n"
    (HERE / "results" / "growth_coverage.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
