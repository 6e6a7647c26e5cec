"""Whether scores by a factor find the truth that made the answers, and their intervals cover it.

    python benchmarks/factor_scores_recovery.py

Simulated cohorts that answer five items of unequal loadings, with a fifth of the answers missing: answers without
ends, and answers in the five categories 0 to 4. The truth of a child is the mean of the items that would be
expected of it, were every item answered without error. Then the measurement of five constructs by four items each.
Writes results/factor_scores_recovery.md. About two minutes on one core.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr

from securebase_analysis.errors import DataError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.measurement import fit_measurement
from securebase_analysis.study.codebook import Codebook, make_codebook

COHORTS = 100
SEED = 51004
LOADINGS = np.array([1.2, 0.9, 0.6, 0.8, 0.4])
ERROR = 0.7
CENTRE = 2.0
SLOPE = 0.5
"""Of an outcome on the truth."""
FIVE = ("trust", "managing_feelings", "self_esteem", "effectiveness", "belonging")
CORRELATION = 0.4


def book(rule: str, ends: tuple[float, float]) -> Codebook:
    """One construct of five items."""
    items = [
        {"item": f"t{i}", "instrument": "visit", "construct": "trust", "low": ends[0], "high": ends[1]}
        for i in range(1, 6)
    ]
    instrument = {"instrument": "visit", "minimum_answered": 1, "rule": rule, "metric": "raw"}
    return make_codebook("Recovery", "1", {"instruments": [instrument], "items": items})


def expected_category(mean: np.ndarray) -> np.ndarray:
    """Expected answer in the categories 0 to 4 around a mean, with a normal error."""
    return sum(1.0 - ndtr((cut - mean) / ERROR) for cut in (0.5, 1.5, 2.5, 3.5))


def cohort(random: np.random.Generator, n: int, categories: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Answers with gaps, and the truth of each child."""
    means = CENTRE + random.normal(size=(n, 1)) * LOADINGS
    answers = means + ERROR * random.normal(size=means.shape)
    if categories:
        answers, means = np.clip(np.round(answers), 0, 4), expected_category(means)
    answers[random.random(answers.shape) < 0.2] = np.nan
    return pd.DataFrame(answers, columns=[f"t{i}" for i in range(1, 6)]), means.mean(axis=1)


def of_scores(random: np.random.Generator, n: int, categories: bool) -> dict[str, object]:
    """Coverage, errors and slopes over cohorts."""
    ends = (0.0, 4.0) if categories else (-20.0, 24.0)
    books = {rule: book(rule, ends) for rule in ("factor", "mean")}
    rows, refused = [], 0
    for _ in range(COHORTS):
        answers, truth = cohort(random, n, categories)
        outcome = SLOPE * truth + random.normal(size=n)
        try:
            scores = {rule: score_dimensions(answers, of).frame for rule, of in books.items()}
        except DataError:
            refused += 1
            continue
        row = {}
        for rule, frame in scores.items():
            known = frame["score"].notna().to_numpy()
            score, said = frame["score"].to_numpy()[known], frame["std_error"].to_numpy()[known]
            error = score - truth[known]
            row[f"{rule} rmse"] = np.sqrt((error**2).mean())
            row[f"{rule} coverage"] = (np.abs(error) < 1.959964 * said).mean()
            row[f"{rule} slope"] = np.polyfit(score, outcome[known], 1)[0]
        rows.append(row)
    made = pd.DataFrame(rows).mean()
    kind = "0 to 4" if categories else "without ends"
    return {"answers": kind, "children": n, **made.round(3).to_dict(), "refused": refused, "cohorts": COHORTS}


def of_constructs(random: np.random.Generator, n: int, cohorts: int) -> list[dict[str, object]]:
    """Coverage of loadings and correlations of five constructs."""
    items = [
        {"item": f"{name[:4]}{i}", "instrument": "visit", "construct": name, "low": -20, "high": 20}
        for name in FIVE
        for i in (1, 2, 3, 4)
    ]
    of = make_codebook(
        "Five", "1", {"instruments": [{"instrument": "visit", "minimum_answered": 1}], "items": items}
    )
    between = np.full((5, 5), CORRELATION) + (1 - CORRELATION) * np.eye(5)
    loading = np.array([0.9, 0.7, 0.5, 0.8])
    tables = []
    for _ in range(cohorts):
        latent = random.multivariate_normal(np.zeros(5), between, n)
        answers = np.repeat(latent, 4, axis=1) * np.tile(loading, 5) + ERROR * random.normal(size=(n, 20))
        answers[random.random(answers.shape) < 0.2] = np.nan
        frame = pd.DataFrame(answers, columns=[item["item"] for item in items])
        tables.append(fit_measurement(frame, codebook=of).tidy())
    table = pd.concat(tables)
    rows: list[dict[str, object]] = []
    for effect, truth in (("loading", np.tile(loading, 5)), ("covariance", np.full(10, CORRELATION))):
        own = table[table["effect"] == effect]
        known = np.tile(truth, cohorts)
        covered = (own["conf_low"] <= known) & (known <= own["conf_high"])
        bias = (own["estimate"] - known).mean()
        rows.append(
            {
                "children": n, "effect": "correlation" if effect == "covariance" else effect,
                "bias": round(float(bias), 3), "coverage": round(float(covered.mean()), 3), "cohorts": cohorts,
            }
        )  # fmt: skip
    return rows


def table_of(rows: list[dict[str, object]]) -> str:
    """Rows as a table of markdown."""
    head = list(rows[0])
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(str(row[name]) for name in head) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    """Simulate, count and write."""
    random, begun = np.random.default_rng(SEED), time.perf_counter()
    scores = [of_scores(random, n, categories) for categories in (False, True) for n in (52, 100, 300)]
    constructs = [row for n in (200, 500) for row in of_constructs(random, n, 40)]
    text = f"""# Recovery by scores of a factor

Five items with loadings {", ".join(map(str, LOADINGS))} and errors of {ERROR}, a fifth of the answers missing;
intervals at 95 %. `factor` and `mean` are the rules of the codebook; *rmse* is the root mean square of score minus
truth, *slope* that of an outcome regressed on the score, which is {SLOPE} for the truth. *Refused*: cohorts
without a usable factor.

{table_of(scores)}

# Recovery by the measurement of five constructs

Four items each with loadings 0.9, 0.7, 0.5, 0.8, correlations of {CORRELATION}, a fifth of the answers missing;
`fit_measurement` as it is by default.

{table_of(constructs)}

{time.perf_counter() - begun:.0f} seconds; Python {sys.version.split()[0]}, numpy {np.__version__}.
"""
    (Path(__file__).parent / "results" / "factor_scores_recovery.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
