"""How often the intervals of intraclass correlations hold the truth when some coders did not rate some children.

    OMP_NUM_THREADS=1 python benchmarks/incomplete_ratings_coverage.py

Children, coders and errors are drawn from normal distributions of known variances, new coders for every study, and
each child is rated by some coders drawn at random. Writes results/incomplete_ratings_coverage.md. About three
minutes on one core.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.engines.intraclass import TERMS, intraclass_of_components
from securebase_analysis.measures.agreement import assess_agreement

STUDIES, SEED = 500, 20422
SETTINGS = [
    {"children": 15, "coders": 3, "rated": 2, "variances": (2.0, 0.5, 1.0)},
    {"children": 30, "coders": 4, "rated": 3, "variances": (1.0, 0.3, 1.0)},
    {"children": 30, "coders": 4, "rated": 3, "variances": (0.3, 0.1, 1.0)},
    {"children": 40, "coders": 6, "rated": 2, "variances": (1.0, 0.3, 1.0)},
    {"children": 40, "coders": 10, "rated": 2, "variances": (1.0, 1.0, 1.0)},
    {"children": 80, "coders": 6, "rated": 2, "variances": (1.0, 0.3, 1.0)},
]


def study(rng: np.random.Generator, children: int, coders: int, rated: int, variances: tuple) -> pd.DataFrame:
    between, of_coders, error = np.sqrt(variances)
    ratings = rng.normal(0, between, (children, 1)) + rng.normal(0, of_coders, coders)
    ratings = ratings + rng.normal(0, error, (children, coders))
    unit, coder = np.nonzero(np.argsort(rng.random((children, coders)), axis=1) < rated)
    return pd.DataFrame({"unit": unit, "coder": [f"C{number}" for number in coder], "code": ratings[unit, coder]})


def covered(setting: dict) -> np.ndarray:
    """Share of studies whose interval holds the truth, one for each coefficient."""
    rng = np.random.default_rng(SEED + setting["children"] + setting["coders"])
    truth = intraclass_of_components(setting["coders"], *(np.array(part) for part in setting["variances"]))
    hits = np.zeros(len(TERMS))
    for _ in range(STUDIES):
        answer = assess_agreement(study(rng, **setting), level="interval", n_resamples=0)
        table = answer.tidy().set_index("term").loc[list(TERMS)]
        hits += ((table["conf_low"] <= truth) & (truth <= table["conf_high"])).to_numpy()
    return hits / STUDIES


def main() -> None:
    lines = [
        "# Coverage of the 95 % intervals of intraclass correlations with cells missing",
        "",
        f"{STUDIES:,} simulated studies a row, approximate F-based intervals; Monte Carlo standard error about 1 "
        "point.",
        "",
        "| children | coders | ratings a child | variances: children, coders, error | " + " | ".join(TERMS) + " |",
        "| --- | --- | --- | --- | " + " | ".join(["---"] * len(TERMS)) + " |",
    ]
    for setting in SETTINGS:
        shares = " | ".join(f"{share:.1%}" for share in covered(setting))
        variances = ", ".join(f"{part:g}" for part in setting["variances"])
        head = f"| {setting['children']} | {setting['coders']} | {setting['rated']} | {variances} "
        lines.append(f"{head}| {shares} |")
        print(lines[-1], flush=True)
    Path(__file__).with_name("results").joinpath("incomplete_ratings_coverage.md").write_text(
        "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
