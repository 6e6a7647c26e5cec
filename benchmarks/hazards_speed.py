"""Seconds of a proportional hazards model with clustered errors: our engine, R's coxph and lifelines, in one run.

    PEERS_PYTHON=/path/to/python python benchmarks/hazards_speed.py [quick]

100,000 simulated start-stop rows (20,000 children in 5 spells, 4,000 carers), 5 columns, errors clustered by
carer; once in whole days, with heavy ties, once at exact times. Each package gets the same file in a fresh process
with one thread on one core, arrays or table are read before the clock starts, and processor seconds are counted.
lifelines is run once; its clustered errors do not allow for entries, its seconds stand for themselves. Writes
results/hazards_speed.md; ``quick`` leaves lifelines out and prints only.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
COLUMNS = [f"x{number}" for number in range(5)]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

OURS = """
import json, sys, time
import pandas as pd
from securebase_analysis.engines.partial_likelihood import fit_cox
frame = pd.read_csv(sys.argv[1])
stop, event, start, carer = (frame[name].to_numpy() for name in ("stop", "event", "start", "carer"))
X = frame[[name for name in frame if name.startswith("x")]].to_numpy().T.copy()
seconds = []
for _ in range(7):
    began = time.process_time()
    fit = fit_cox(stop, event, X, start=start, cluster=carer)
    seconds.append(time.process_time() - began)
print(json.dumps([seconds, list(fit.beta), list(fit.vcov_clustered.diagonal() ** 0.5)]))
"""
LIFELINES = """
import json, sys, time
import pandas as pd
from lifelines import CoxPHFitter
frame = pd.read_csv(sys.argv[1])
began = time.process_time()
fit = CoxPHFitter().fit(frame, "stop", "event", entry_col="start", cluster_col="carer")
print(json.dumps([[time.process_time() - began], list(fit.params_), list(fit.standard_errors_)]))
"""
R = """
suppressMessages({library(survival); library(jsonlite)})
frame <- read.csv(commandArgs(TRUE)[1])
seconds <- replicate(3, sum(system.time(
  fit <<- coxph(Surv(start, stop, event) ~ x0 + x1 + x2 + x3 + x4, frame, cluster = carer))[1:2]))
cat(toJSON(list(seconds, unname(coef(fit)), unname(sqrt(diag(fit$var)))), digits = I(12)))
"""


def cohort(whole_days: bool) -> pd.DataFrame:
    """Children in spells of half a year that end earlier when they break down."""
    random = np.random.default_rng(1)
    children, spells = 20_000, 5
    carer = np.repeat(random.integers(0, 4_000, children), spells)
    start = np.tile(np.arange(spells) * 180.0, children)
    X = random.normal(size=(5, len(start)))
    hazard = np.exp(np.array([0.3, -0.2, 0.1, 0.0, 0.05]) @ X + 0.4 * random.normal(size=4_000)[carer])
    lasted = random.exponential(400 / hazard)
    lasted = np.ceil(lasted) if whole_days else lasted
    frame = {"start": start, "stop": start + np.minimum(lasted, 180.0), "event": (lasted <= 180.0).astype(int)}
    return pd.DataFrame({**frame, "carer": carer, **dict(zip(COLUMNS, X))})


def answer(command: list[str], file: Path) -> tuple[float, np.ndarray, np.ndarray]:
    """Median seconds, coefficients and clustered errors of one package."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(HERE.parent)}
    text = subprocess.run(
        [*command, str(file)], capture_output=True, text=True, check=True, env=environment
    ).stdout
    seconds, beta, error = json.loads(text.strip().splitlines()[-1])
    return float(np.median(seconds)), np.array(beta), np.array(error)


def compared(name: str, file: Path, packages: dict[str, list[str]]) -> list[str]:
    """A row of the table for each package."""
    found = {package: answer(command, file) for package, command in packages.items()}
    ours, survival = found["fit_cox"], found["coxph"]
    rows = []
    for package, (seconds, beta, error) in found.items():
        off = np.abs(beta - survival[1]).max(), np.abs(error / survival[2] - 1).max()
        rows.append(
            f"| {name} | {package} | {seconds:.3f} | {seconds / ours[0]:.1f} | {off[0]:.1e} | {off[1]:.1e} |"
        )
    return rows


def main(quick: bool) -> None:
    packages = {"fit_cox": [sys.executable, "-c", OURS], "coxph": ["Rscript", "-e", R]}
    peers = os.environ.get("PEERS_PYTHON")
    lines = [
        "| rows | package | seconds | times ours | coefficients off coxph | clustered errors off, relative |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, whole_days in (("whole days", True), ("exact times", False)):
            file = Path(folder) / "rows.csv"
            cohort(whole_days).to_csv(file, index=False)
            with_lifelines = {"lifelines": [peers, "-c", LIFELINES]} if peers and whole_days and not quick else {}
            lines += compared(name, file, {**packages, **with_lifelines})
            print("\n".join(lines[-3:]), flush=True)
    text = f"# {__doc__.splitlines()[0]}\n\n" + "\n".join(lines)
    text += (
        f"\n\nProcessor seconds, median; Python {platform.python_version()}, numpy {np.__version__}, one core.\n"
    )
    if not quick:
        (HERE / "results" / "hazards_speed.md").write_text(text)


if __name__ == "__main__":
    main("quick" in sys.argv)
