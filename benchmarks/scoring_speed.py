"""How long it takes to score 100,000 children on 60 items, beside psych in R and the same means by hand in pandas.

    python benchmarks/scoring_speed.py

Ten scales of six items each, one of them reversed, 4 % of the answers missing; simulated. Ours checks every
answer, scores eleven constructs (family membership and its two parts among them) with standard errors, and lays
out the long table. psych scores ten scales without checks or standard errors of scores; it is run when Rscript and
psych are there. Seconds are of the processor, one core, so that other work on the machine does not count. Writes
results/scoring_speed.md.
"""

import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.study.codebook import Codebook, make_codebook

CHILDREN = 100_000
REPEATS = 9
SEED = 51
CONSTRUCTS = [*(name for name in theory.TEN_CONSTRUCTS if name not in ("family_membership", "belonging"))]
CONSTRUCTS += ["family_membership_foster", "family_membership_birth"]
R_SCRIPT = """
suppressMessages(library(psych))
answers <- matrix(readBin("{data}", "double", n = {cells}), ncol = 60)
colnames(answers) <- paste0("x", 1:60)
keys <- lapply(0:9, function(s) c(paste0("x", 6 * s + 1:5), paste0("-x", 6 * s + 6)))
names(keys) <- paste0("S", 0:9)
once <- function() sum(system.time(scoreItems(keys, answers, impute = "none", min = 0, max = 4))[1:2])
times <- replicate(3, once())
cat(median(times), min(times))
"""


def codebook() -> Codebook:
    items = [
        {
            "item": f"x{6 * scale + item + 1}",
            "instrument": "benchmark",
            "construct": construct,
            "low": 0,
            "high": 4,
            "reversed": item == 5,
        }
        for scale, construct in enumerate(CONSTRUCTS)
        for item in range(6)
    ]
    instrument = {"instrument": "benchmark", "informants": ["carer"], "minimum_answered": 4}
    return make_codebook("Benchmark", "1", {"instruments": [instrument], "items": items})


def simulated_answers() -> pd.DataFrame:
    random = np.random.default_rng(SEED)
    trait = np.repeat(random.normal(size=(CHILDREN, 10)), 6, axis=1)
    side = np.tile([1, 1, 1, 1, 1, -1], 10)
    answers = np.clip(np.round(2 + 0.9 * side * trait + random.normal(size=(CHILDREN, 60))), 0, 4)
    answers[random.random(answers.shape) < 0.04] = np.nan
    table = pd.DataFrame(answers, columns=[f"x{item}" for item in range(1, 61)])
    table.insert(0, "child", [f"child {number}" for number in range(CHILDREN)])
    return table.assign(wave=1)


def by_hand(table: pd.DataFrame) -> pd.DataFrame:
    """Reversal and means with a minimum of four answers, as a script would do it."""
    scores = {}
    for scale, construct in enumerate(CONSTRUCTS):
        items = table[[f"x{6 * scale + item}" for item in range(1, 7)]].copy()
        items.iloc[:, 5] = 4 - items.iloc[:, 5]
        scores[construct] = (25 * items.mean(axis=1)).where(items.notna().sum(axis=1) >= 4)
    return pd.DataFrame(scores)


def seconds(action: Callable[[], object]) -> tuple[float, float]:
    """Median and best processor time of several runs."""
    times = []
    for _ in range(REPEATS):
        begin = time.process_time()
        action()
        times.append(time.process_time() - begin)
    return statistics.median(times), min(times)


def psych_seconds(table: pd.DataFrame) -> tuple[float, float] | None:
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder, "answers.bin"), Path(folder, "score.R")
        data.write_bytes(table.filter(like="x").to_numpy(float).tobytes(order="F"))
        script.write_text(R_SCRIPT.format(data=data, cells=60 * len(table)))
        done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    median, best = map(float, done.stdout.split()[-2:])
    return median, best


def main() -> None:
    table, book = simulated_answers(), codebook()
    scores = score_dimensions(table, book)
    expected = by_hand(table)
    wide = scores.wide().set_index("child").loc[table["child"]]
    for construct in CONSTRUCTS:
        np.testing.assert_allclose(wide[construct].to_numpy(), expected[construct].to_numpy(), rtol=1e-12)
    ours, laid_out = seconds(lambda: score_dimensions(table, book)), seconds(scores.wide)
    hand, psych = seconds(lambda: by_hand(table)), psych_seconds(table)
    rows = [
        ("score_dimensions: checks, 11 constructs, standard errors, long table", ours),
        (".wide()", laid_out),
        ("pandas by hand: 10 means, no checks, no standard errors", hand),
    ]
    rows += [("R psych::scoreItems: 10 means, no checks", psych)] if psych is not None else []
    lines = [
        f"# Scoring {CHILDREN:,} children x 60 items",
        "",
        f"Python {platform.python_version()}, pandas {pd.__version__}, one core, processor time; median of "
        f"{REPEATS} runs (psych: of 3). Simulated answers, 4 % missing; all scores equal those by hand to 1e-12.",
        "",
        "| what | seconds, median | best | beside score_dimensions, by median |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {middle:.2f} | {best:.2f} | {middle / ours[0]:.2f} |" for name, (middle, best) in rows),
        "",
    ]
    target = Path(__file__).parent / "results" / "scoring_speed.md"
    target.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
