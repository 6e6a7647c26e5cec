"""Coverage of the intervals of predictions: simulated cohorts whose next wave is known.

    python benchmarks/prediction_coverage.py

Children are seen at three waves and predicted at a fourth, outside the years observed, where the estimated spread
of their slopes weighs most. Writes results/prediction_coverage.md. Two minutes on one core.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.models.growth import fit_growth

HERE = Path(__file__).parent
COHORTS = 400
SIZES = (25, 52)
WORDS = {"satterthwaite": "ours", "normal": "Henderson's error, normal"}


def cohort(seed: int, n: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A cohort at years 0 to 2, what is expected of each child at year 3, and what is then measured."""
    random = np.random.default_rng(seed)
    child, years = np.repeat(np.arange(n), 3), np.tile([0.0, 1.0, 2.0], n)
    level, slope = random.normal(size=n), 0.4 * random.normal(size=n)
    trust = 5.0 + 0.3 * years + level[child] + slope[child] * years + 0.8 * random.normal(size=3 * n)
    truth = 5.9 + level + 3.0 * slope
    return (
        pd.DataFrame({"child": child, "years": years, "trust": trust}),
        truth,
        truth + 0.8 * random.normal(size=n),
    )


def covered(seed: int, n: int, df: str) -> dict[tuple[str, str], float]:
    """Share of the children whose truth lies in the interval, for known and unknown ones."""
    frame, truth, later = cohort(seed, n)
    growth = fit_growth(frame, "trust ~ years", "years", df=df)
    _, other_truth, other_later = cohort(100_000 + seed, n)
    known = frame.groupby("child", as_index=False).head(1).assign(years=3.0)
    found = {}
    for who, rows, aims in (
        ("known", known, (truth, later)),
        ("not seen", known.assign(child=-1), (other_truth, other_later)),
    ):
        for interval, aim in zip(("mean", "new"), aims):
            ends = growth.predict(rows, interval)
            found[who, interval] = float(((ends["conf_low"] <= aim) & (aim <= ends["conf_high"])).mean())
    return found


def main() -> None:
    """Every size and both ways of counting the error."""
    lines = [
        f"# Coverage of 95 % intervals of predictions, {COHORTS} simulated cohorts each",
        "",
        "| children | error and quantile | child | interval | coverage | standard error |",
        "|---|---|---|---|---|---|",
    ]
    for n in SIZES:
        for df, words in WORDS.items():
            shares = pd.DataFrame([covered(seed, n, df) for seed in range(COHORTS)])
            for (who, interval), column in shares.items():
                error = column.std() / np.sqrt(COHORTS)
                lines.append(f"| {n} | {words} | {who} | {interval} | {column.mean():.1%} | {error:.1%} |")
    (HERE / "results" / "prediction_coverage.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
