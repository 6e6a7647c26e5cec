"""1,000 bootstrap intervals for 5,000 segments x 3 coders x 20 codes, beside the PyPI package krippendorff.

    OMP_NUM_THREADS=1 python benchmarks/agreement_speed.py

The 20 codes are taken both as one nominal variable with 20 categories and as 20 codes present or absent. The
package krippendorff has no bootstrap: its point estimate is timed over a few resamples, given as its own value
counts, and scaled to 1,000. Segments are the clusters here, which is the most clusters there can be. Needs the
package krippendorff. Writes results/agreement_speed.md.
"""

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd

from securebase_analysis.measures.agreement import assess_agreement

SEGMENTS, CODERS, CODES, RESAMPLES, SEED = 5_000, 3, 20, 1_000, 20417
THEIR_RESAMPLES = {"nominal": 5, "binary": 2}


def simulated() -> np.ndarray:
    """Codes chosen, shape (segments, coders): coders see the latent code four times in five."""
    rng = np.random.default_rng(SEED)
    truth = rng.integers(CODES, size=SEGMENTS)
    seen = rng.random((SEGMENTS, CODERS)) < 0.8
    return np.where(seen, truth[:, None], rng.integers(CODES, size=(SEGMENTS, CODERS)))


def as_nominal(chosen: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(SEGMENTS), CODERS),
            "coder": np.tile([f"C{number}" for number in range(CODERS)], SEGMENTS),
            "code": [f"code {number:02d}" for number in chosen.ravel()],
        }
    )


def as_binary(chosen: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(SEGMENTS), CODERS * CODES),
            "coder": np.tile(np.repeat([f"C{number}" for number in range(CODERS)], CODES), SEGMENTS),
            "theme": np.tile([f"code {number:02d}" for number in range(CODES)], SEGMENTS * CODERS),
            "code": (chosen[:, :, None] == np.arange(CODES)).astype(int).ravel(),
        }
    )


def value_counts(chosen: np.ndarray, values: int) -> np.ndarray:
    cells = np.arange(len(chosen))[:, None] * values + chosen
    return np.bincount(cells.ravel(), minlength=len(chosen) * values).reshape(-1, values)


def their_alphas(chosen: np.ndarray, kind: str) -> np.ndarray:
    if kind == "nominal":
        return np.array(
            [krippendorff.alpha(value_counts=value_counts(chosen, CODES), level_of_measurement="nominal")]
        )
    return np.array(
        [
            krippendorff.alpha(
                value_counts=value_counts((chosen == code).astype(int), 2), level_of_measurement="nominal"
            )
            for code in range(CODES)
        ]
    )


def best_of(times: int, task: Callable[[], object]) -> float:
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def compare(kind: str, chosen: np.ndarray) -> tuple[float, float, float, int]:
    """Our seconds, their seconds scaled to the same resamples, largest difference of alpha, intervals."""
    data = as_nominal(chosen) if kind == "nominal" else as_binary(chosen)
    by = None if kind == "nominal" else "theme"
    result = assess_agreement(data, by=by)
    ours = best_of(3, lambda: assess_agreement(data, by=by, n_resamples=RESAMPLES).tidy())
    table = result.tidy()
    alpha = table.loc[table["term"] == "krippendorff_alpha", "estimate"].to_numpy()
    difference = float(np.abs(alpha - their_alphas(chosen, kind)).max())
    rng = np.random.default_rng(1)
    n = THEIR_RESAMPLES[kind]
    begin = time.perf_counter()
    for _ in range(n):
        their_alphas(chosen[rng.integers(SEGMENTS, size=SEGMENTS)], kind)
    theirs = (time.perf_counter() - begin) / n * RESAMPLES
    return ours, theirs, difference, int(table["conf_low"].notna().sum())


def main() -> None:
    chosen = simulated()
    lines = [
        "# Speed of the bootstrap of agreement",
        "",
        f"{SEGMENTS:,} simulated segments x {CODERS} coders x {CODES} codes, {RESAMPLES:,} resamples of segments,",
        "from a long table to intervals, best of 3. The package krippendorff has no bootstrap: a loop over its",
        f"point estimate of alpha alone, timed over {THEIR_RESAMPLES['nominal']} (one variable) and",
        f"{THEIR_RESAMPLES['binary']} (20 codes) resamples and scaled to {RESAMPLES:,}.",
        "",
        f"Python {platform.python_version()}, numpy {np.__version__}, krippendorff {version('krippendorff')},",
        f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'not set')}.",
        "",
        "| codes as | intervals | securebase_analysis, s | krippendorff, alpha only, scaled, s | ratio | "
        "largest difference of alpha |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind, words in (
        ("nominal", "one nominal variable, 20 categories"),
        ("binary", "20 codes, present or absent"),
    ):
        ours, theirs, difference, intervals = compare(kind, chosen)
        ratio = f"{theirs / ours:,.0f}"
        lines.append(f"| {words} | {intervals} | {ours:.2f} | {theirs:,.0f} | {ratio} | {difference:.0e} |")
    text = "\n".join(lines) + "\n"
    Path(__file__).with_name("results").joinpath("agreement_speed.md").write_text(text)
    print(text)


main()
