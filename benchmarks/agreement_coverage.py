"""How often the intervals of assess_agreement hold the truth.

    OMP_NUM_THREADS=1 python benchmarks/agreement_coverage.py

Coders see a latent code, and miss it with a probability that differs between children, as does how often the code
occurs: units of one child are alike, and children are the clusters. The truth of each coefficient is its value in
a population of 40,000 children drawn the same way. Writes results/agreement_coverage.md and .json. About five
minutes on one core.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from securebase_analysis.measures.agreement import assess_agreement

STUDIES, RESAMPLES, UNITS, SEED = 500, 400, 10, 20417
TERMS = ("percent_agreement", "krippendorff_alpha", "cohen_kappa", "gwet_ac1")
SETTINGS = {
    "2 coders, code in 30 % of units, 10 % misses": {"share": 0.3, "miss": 0.10, "coders": 2},
    "2 coders, code in 10 % of units, 3 % misses": {"share": 0.1, "miss": 0.03, "coders": 2},
    "3 coders, code in 50 % of units, 20 % misses": {"share": 0.5, "miss": 0.20, "coders": 3},
}
CHILDREN = (6, 10, 20, 40, 80)


def study(rng: np.random.Generator, children: int, share: float, miss: float, coders: int) -> pd.DataFrame:
    child = np.repeat(np.arange(children), UNITS)
    occurs = special.expit(special.logit(share) + rng.normal(0, 0.7, children))[child]
    misses = special.expit(special.logit(miss) + rng.normal(0, 0.7, children))[child]
    truth = rng.random(len(child)) < occurs
    seen = truth[:, None] ^ (rng.random((len(child), coders)) < misses[:, None])
    return pd.DataFrame(
        {
            "child": np.repeat(child, coders),
            "unit": np.repeat(np.arange(len(child)), coders),
            "coder": np.tile([f"C{number}" for number in range(coders)], len(child)),
            "code": seen.ravel().astype(int),
        }
    )


def covered(setting: dict, children: int, truth: np.ndarray) -> dict:
    """Share of studies whose interval holds the truth, of those in which the coefficient is defined."""
    rng = np.random.default_rng(SEED + children)
    hits, defined = np.zeros(len(TERMS)), np.zeros(len(TERMS))
    for number in range(STUDIES):
        answer = assess_agreement(study(rng, children, **setting), n_resamples=RESAMPLES, seed=number)
        table = answer.tidy().set_index("term").loc[list(TERMS)]
        defined += table["estimate"].notna()
        hits += ((table["conf_low"] <= truth) & (truth <= table["conf_high"])).to_numpy()
    return {"children": children, "undefined": int(STUDIES - defined.min()), **dict(zip(TERMS, (hits / defined)))}


def main() -> None:
    lines = [
        "# Coverage of the 95 % intervals of assess_agreement",
        "",
        f"{STUDIES:,} simulated studies a row, {UNITS} units a child, {RESAMPLES} resamples of children; "
        "Monte Carlo standard error about 1 point.",
        "",
        "| setting | children | percent agreement | Krippendorff's alpha | Cohen's kappa | AC1 | undefined |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    kept = []
    for words, setting in SETTINGS.items():
        population = assess_agreement(study(np.random.default_rng(SEED), 40_000, **setting), n_resamples=0).tidy()
        truth = population.set_index("term").loc[list(TERMS), "estimate"]
        for children in CHILDREN:
            row = covered(setting, children, truth.to_numpy())
            kept.append({"setting": words, "truth": truth.round(5).to_dict(), **row})
            shares = " | ".join(f"{row[term]:.1%}" for term in TERMS)
            lines.append(f"| {words} | {children} | {shares} | {row['undefined']} |")
            print(lines[-1], flush=True)
    results = Path(__file__).with_name("results")
    results.joinpath("agreement_coverage.md").write_text("\n".join(lines) + "\n")
    results.joinpath("agreement_coverage.json").write_text(json.dumps(kept, indent=1) + "\n")


main()
