"""Processor seconds for a growth model: fit_growth and R's lme4 on the same data in one run, one core each.

    OMP_NUM_THREADS=1 python benchmarks/growth_speed.py

fit_growth is timed from the data frame to the table of terms: checks, formula, fit, standard errors, Satterthwaite
degrees of freedom, diagnostics. lme4 is timed for lmer() alone, which gives no degrees of freedom. Needs Rscript
with lme4. Writes results/growth_speed.md. About three minutes.
"""

import os
import platform
import runpy
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from securebase_analysis.models.growth import fit_growth

HERE = Path(__file__).parent
simulate_cohort = runpy.run_path(str(HERE.parent / "tests" / "reference" / "growth_cohorts.py"))["simulate_cohort"]
FORMULA = "trust ~ years + availability + stress"
CASES = {
    "52 children x 4 waves": ({"n_children": 52, "n_waves": 4}, "years"),
    "2,000 children x 5 waves": ({"n_children": 2_000, "n_waves": 5}, "years"),
    "100,000 children x 5 waves": ({"n_children": 100_000, "n_waves": 5, "missing": 0.15}, "years"),
    "100,000 children x 5 waves, intercept only": ({"n_children": 100_000, "n_waves": 5, "missing": 0.15}, "1"),
    "100,000 children x 5 visits at irregular times": (
        {"n_children": 100_000, "n_waves": 5, "missing": 0.15, "irregular": True},
        "years",
    ),
}


def ours(frame: pd.DataFrame, random: str) -> tuple[list[float], float, np.ndarray]:
    """Seconds of each repeat, the deviance and the fixed effects."""
    seconds = []
    for _ in range(25 if len(frame) < 20_000 else 9):
        begin = time.process_time()
        result = fit_growth(frame, FORMULA, random)
        table = result.tidy()
        seconds.append(time.process_time() - begin)
    fixed = table.loc[table["effect"] == "fixed", "estimate"].to_numpy()
    return seconds, float(result.glance()["deviance"].item()), fixed


def lme4(frame: pd.DataFrame, random: str) -> tuple[float, float, np.ndarray]:
    """Best seconds of lmer, the deviance and the fixed effects at a tightened optimum."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cohort.csv"
        frame.to_csv(file, index=False)
        slope = "1 + years" if random == "years" else "1"
        command = ["Rscript", str(HERE / "growth_speed.R"), str(file), slope]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    numbers = np.array(said, dtype=float)
    return numbers[0], numbers[1], numbers[2:-1]


def main() -> None:
    fit_growth(simulate_cohort(), FORMULA, "years")
    lines = [
        "# Processor seconds for a growth model",
        "",
        f"`{FORMULA}`, REML; one run, one thread each, user and system time; Python {platform.python_version()}, "
        f"numpy {np.__version__}, pandas {pd.__version__}. fit_growth with formula, checks, standard errors, "
        "Satterthwaite degrees of freedom and diagnostics; lme4 without degrees of freedom, best of 10 for small "
        "data and one fit for large.",
        "",
        "| data (simulated) | rows | fit_growth, median (best) | lme4 | lme4 / fit_growth, by median | "
        "deviance apart | fixed effects apart |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, (settings, random) in CASES.items():
        frame = simulate_cohort(seed=11, **settings)
        seconds, deviance, fixed = ours(frame, random)
        r_seconds, r_deviance, r_fixed = lme4(frame, random)
        middle = float(np.median(seconds))
        lines.append(
            f"| {name} | {len(frame):,} | {middle:.4f} s ({min(seconds):.4f} s) | {r_seconds:.3f} s | "
            f"{r_seconds / middle:.0f} | {deviance - r_deviance:.1e} | {np.abs(fixed / r_fixed - 1).max():.1e} |"
        )
        print(lines[-1], flush=True)
    (HERE / "results" / "growth_speed.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
