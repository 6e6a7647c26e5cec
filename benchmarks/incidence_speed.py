"""Cumulative incidence of 100,000 placements: this package beside scikit-survival, lifelines, survival and cmprsk.

    python benchmarks/incidence_speed.py [path of a Python that has scikit-survival and lifelines]

All run one after the other on one core, on the same file of simulated placements (days, tied). Writes
results/incidence_speed.md. About two minutes. What is not installed is left out and said so.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from securebase_analysis.engines.incidence import aalen_johansen, aalen_variance
from securebase_analysis.engines.risk_table import risk_table
from securebase_analysis.models.incidence import cumulative_incidence

ROWS = 100_000
SEED = 20420
RUNS = 5
HERE = Path(__file__).parent
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

PEERS = """
import sys, time, json
import numpy as np, pandas as pd
frame = pd.read_csv(sys.argv[1]); found = {}
def best(run, times):
    took = []
    for _ in range(times):
        start = time.perf_counter(); value = run(); took.append(time.perf_counter() - start)
    return min(took), value
try:
    from sksurv.nonparametric import cumulative_incidence_competing_risks as cif
    cause, days = frame["cause"].to_numpy(), frame["days"].to_numpy(float)
    took, (x, F) = best(lambda: cif(cause, days), 5)
    place = np.searchsorted(x, 365, "right") - 1
    found["scikit-survival, no interval"] = (took, [float(v) for v in F[1:, place]])
    took, _ = best(lambda: cif(cause, days, conf_type="log-log"), 5)
    found["scikit-survival, with interval"] = (took, found["scikit-survival, no interval"][1])
except ImportError:
    pass
try:
    import warnings; warnings.simplefilter("ignore")
    from lifelines import AalenJohansenFitter
    def run():
        days, cause = frame["days"], frame["cause"]
        parts = [AalenJohansenFitter(seed=1).fit(days, cause, event_of_interest=k) for k in (1, 2)]
        return [float(part.cumulative_density_.loc[:365.999].iloc[-1, 0]) for part in parts]
    took, value = best(run, 1)
    found["lifelines (jitters ties)"] = (took, value)
except ImportError:
    pass
print(json.dumps(found))
"""
IN_R = """
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
d <- read.csv(commandArgs(TRUE)[1]); found <- list()
took <- system.time(s <- survfit(Surv(days, factor(cause, 0:2)) ~ 1, d))[["elapsed"]]
found[["R survival::survfit"]] <- list(took, summary(s, times = 365)$pstate[2:3])
took <- system.time(g <- cuminc(d$days, d$cause))[["elapsed"]]
found[["R cmprsk::cuminc"]] <- list(took, as.numeric(timepoints(g, 365)$est))
cat(toJSON(found, digits = 15, auto_unbox = TRUE))
"""


def simulated() -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    home, breakdown, seen = rng.exponential([[700.0], [1100.0], [1500.0]], (3, ROWS))
    end = np.minimum(home, breakdown)
    cause = np.where(end > seen, 0, np.where(home < breakdown, 1, 2))
    days = np.ceil(np.minimum(end, seen)).astype(int)
    return pd.DataFrame({"days": days, "cause": cause, "exit": np.array(["open", "home", "breakdown"])[cause]})


def best(run, times: int = RUNS) -> tuple[float, object]:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        value = run()
        took.append(time.perf_counter() - start)
    return min(took), value


def ours(frame: pd.DataFrame) -> dict[str, tuple[float, list[float]]]:
    days, cause = frame["days"].to_numpy(float), frame["cause"].to_numpy()

    def engine():
        curves = aalen_johansen(risk_table(days, cause, 2))
        return curves, aalen_variance(curves)

    took, (curves, _) = best(engine)
    at = np.searchsorted(curves.table.time, 365, "right") - 1
    found = {"engine: curves and errors": (took, curves.incidence[at].tolist())}
    took, result = best(lambda: cumulative_incidence(frame, "days", "exit", "open"))
    found["cumulative_incidence()"] = (
        took,
        result.at(365).set_index("cause")["estimate"][["home", "breakdown"]].tolist(),
    )
    carers = frame.assign(carer=np.random.default_rng(1).integers(0, ROWS // 4, ROWS))
    took, result = best(lambda: cumulative_incidence(carers, "days", "exit", "open", cluster="carer"), 3)
    found["cumulative_incidence(cluster=)"] = (took, found["cumulative_incidence()"][1])
    return found


def others(command: list[str]) -> dict[str, tuple[float, list[float]]]:
    """What another program found, or nothing when it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_CORE}, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        print(f"left out: {command[0]}: {str(error)[:100]}")
        return {}
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    frame = simulated()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "placements.csv"
        frame.to_csv(path, index=False)
        scripts = {"peers.py": PEERS, "peers.R": IN_R}
        for name, text in scripts.items():
            (Path(folder) / name).write_text(text)
        found = ours(frame)
        if len(sys.argv) > 1:
            found |= others([sys.argv[1], str(Path(folder) / "peers.py"), str(path)])
        found |= others(["Rscript", str(Path(folder) / "peers.R"), str(path)])
    verb, exact = found["cumulative_incidence()"]
    lines = [
        f"# Cumulative incidence of {ROWS:,} placements, two exits, tied days",
        "",
        f"One core, one run after the other, best of {RUNS} (lifelines and R: one). Seed {SEED}.",
        "The verb reads a frame with words, checks it, and gives estimates, errors and notes.",
        "",
        "| program | seconds | times cumulative_incidence() | largest difference at day 365 |",
        "| --- | --- | --- | --- |",
    ]
    for name, (took, value) in found.items():
        off = max(abs(a - b) for a, b in zip(value, exact))
        lines.append(f"| {name} | {took:.3f} | {took / verb:.1f} | {off:.1e} |")
    text = "\n".join(lines) + "\n"
    (HERE / "results" / "incidence_speed.md").write_text(text)
    print(text)


main()
