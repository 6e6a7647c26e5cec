"""Seconds and memory of a growth model: fit_growth, PyPI's glmm and mixedlm-rs, and R's lme4, in one run.

    PEERS_PYTHON=/path/to/python python benchmarks/growth_speed.py [quick]

Every package gets the same simulated data in a fresh process with one thread on one core. fit_growth is timed from
the data frame to the table of terms: checks, formula, fit, standard errors, Satterthwaite degrees of freedom,
intervals and tests; with *random effects* also the prediction of each child's level and slope. *glmm with df* is
timed to a table of terms with Satterthwaite degrees of freedom, *glmm*, *mixedlm_rs* and *lme4* for the fit alone.
Writes results/growth_speed.md; ``quick`` leaves out what is large and prints only. About ten minutes.
"""

import platform
import runpy
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from peers import Measured, fit_of  # noqa: E402

simulate_cohort = runpy.run_path(str(HERE.parent / "tests" / "reference" / "growth_cohorts.py"))["simulate_cohort"]
FORMULA = "trust ~ years + availability + stress"
COLUMNS = ["child", "years", "availability", "stress", "trust"]
PACKAGES = ("fit_growth", "fit_growth with random effects", "glmm with df", "glmm", "mixedlm_rs", "lme4")
LARGE = {"n_children": 100_000, "n_waves": 5, "missing": 0.15}
CASES = {
    "52 children x 4 waves": ({"n_children": 52, "n_waves": 4}, "years"),
    "2,000 children x 5 waves": ({"n_children": 2_000, "n_waves": 5}, "years"),
    "100,000 children x 5 waves": (LARGE, "years"),
    "100,000 children x 5 waves, level only": (LARGE, "1"),
    "100,000 children x 5 visits at irregular times": ({**LARGE, "irregular": True}, "years"),
}
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


def cohort(**settings: object) -> pd.DataFrame:
    """The columns of the model."""
    return simulate_cohort(seed=11, **settings)[COLUMNS].copy()


def compared(name: str, settings: dict, random: str, folder: Path) -> list[str]:
    """A row of the table for each package."""
    frame = cohort(**settings)
    file = folder / "cohort.csv"
    frame.to_csv(file, index=False)
    few = len(frame) > 20_000
    measured = {
        package: fit_of(package, file, FORMULA, random, repeats=(1 if package == "lme4" else 7) if few else 40)
        for package in PACKAGES
    }
    ours, best = measured["fit_growth"], measured.get("lme4") or measured.get("glmm")
    if ours is None:
        raise SystemExit("fit_growth gave no answer")
    rows = []
    for package, one in measured.items():
        if one is None:
            rows.append(f"| {name} | {len(frame):,} | {package} | not there | | | | |")
            continue
        apart = one.deviance - best.deviance if best else np.nan
        effects = np.abs(np.array(one.fixed) / best.fixed - 1.0).max() if best else np.nan
        rows.append(
            f"| {name} | {len(frame):,} | {package} | {shown(one.middle)} ({shown(min(one.seconds))}) | "
            f"{one.middle / ours.middle:.2f} | {memory(one, ours)} | {apart:.1e} | {effects:.1e} |"
        )
    print(*rows, sep="\n", flush=True)
    return rows


def shown(seconds: float) -> str:
    """Seconds, or milliseconds where they are few."""
    return f"{1000.0 * seconds:.2f} ms" if seconds < 0.05 else f"{seconds:.3f} s"


def memory(one: Measured, ours: Measured) -> str:
    """Megabytes that the fit added, and how often the data go into them; nothing where that is within noise."""
    if ours.data < 5.0 or not np.isfinite(one.memory):
        return ""
    return f"{one.memory:.0f} MB ({one.memory / ours.data:.1f})"


def scaling(folder: Path, sizes: tuple[int, ...]) -> list[str]:
    """Seconds of fit_growth by the number of children, and how steeply they rise."""
    rows, seconds = [], []
    for n_children in sizes:
        file = folder / "cohort.pkl"
        frame = cohort(n_children=n_children, n_waves=5, missing=0.15)
        frame.to_pickle(file)
        one = fit_of("fit_growth", file, FORMULA, "years", repeats=15 if n_children <= 30_000 else 5)
        if one is None:
            raise SystemExit("fit_growth gave no answer")
        seconds.append(one.middle)
        per_child = 1e6 * one.middle / n_children
        rows.append(
            f"| {n_children:,} | {len(frame):,} | {shown(one.middle)} | {per_child:.2f} µs | {memory(one, one)} |"
        )
        print(rows[-1], flush=True)
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    return [*rows, "", f"Seconds rise with the power {slope:.2f} of the number of children (1 is linear)."]


def main() -> None:
    quick = "quick" in sys.argv[1:]
    cases = dict(list(CASES.items())[:2]) if quick else CASES
    lines = [
        "# Seconds and memory of a growth model",
        "",
        f"`{FORMULA}`, REML, level and slope of each child unless said otherwise; one run, a fresh process for "
        f"each package, one thread on one core, user and system time; Python {platform.python_version()}, numpy "
        f"{np.__version__}, pandas {pd.__version__}. Median (best) of 40 fits for small data, of 7 for large; one "
        "for lme4 there. What is timed of each package stands in benchmarks/growth_speed.py. Memory is what the "
        "first fit added to the resident set at its highest, in brackets how many times the columns of the model; "
        "differences are from lme4 at a tightened optimum.",
        "",
        "| data (simulated) | rows | package | seconds, median (best) | times fit_growth | memory | "
        "deviance apart | fixed effects apart |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, (settings, random) in cases.items():
            lines += compared(name, settings, random, Path(folder))
        lines += [
            "",
            "| children | rows | fit_growth, median | for each child | memory |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += scaling(Path(folder), SIZES[:3] if quick else SIZES)
    if not quick:
        (HERE / "results" / "growth_speed.md").write_text("\n".join(lines) + "\n")
    print(lines[-1])


if __name__ == "__main__":
    main()
