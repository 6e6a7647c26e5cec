"""Seconds of structural equation models: our engine and R's lavaan, each on the same data, in one run.

    python benchmarks/sem_speed.py [quick]

Random-intercept cross-lagged models of five simulated constructs over four waves with equal lags, a fifth of the
cells missing, for 500 and for 10,000 children; a five-factor model of the 25 `bfi` items with missing answers,
with and without robust errors; and models of complete data. Both sides estimate, work out standard errors, the
saturated and the baseline model and the test of fit, in a fresh process with one thread, and count processor
seconds. Data are read before the clock starts. Ours is the median of five runs; lavaan's of three where a run
takes less than ten seconds, else one. Writes results/sem_speed.md; ``quick`` leaves the 10,000 children out and
prints only.
"""

import json
import os
import platform
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference"
MODELS = runpy.run_path(str(REFERENCE / "sem_models.py"))
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CASES = {
    "panel_5_500_cells": ("RI-CLPM, 5 constructs, 4 waves, 500 children", 30),
    "panel_5_10000_cells": ("RI-CLPM, 5 constructs, 4 waves, 10,000 children", 100),
    "bfi": ("Five factors of 25 items, 2,800 people, missing answers", 5),
    "bfi_mlr": ("The same with robust errors, test and indices", 5),
    "bfi_complete": ("The same items, the 2,436 people with all answers", 1),
    "hs_missing": ("Three factors of 9 tests, 301 pupils, 15 % missing", 1),
    "hs": ("The same, complete", 1),
    "hs_mlr": ("The same, complete, robust errors, test and indices", 1),
    "hs_schools": ("The same, two schools, equal loadings and intercepts", 1),
    "growth": ("Growth curve with covariates, 400 people, complete", 1),
    "eighty": ("Ten factors of 80 simulated items, 1,000 people, complete", 1),
}

OURS = """
import json, runpy, sys, time
import numpy as np
from securebase_analysis.engines.baseline_model import fit_baseline
from securebase_analysis.engines.fit_indices import fit_indices
from securebase_analysis.engines.missing_patterns import patterns_of
from securebase_analysis.engines.moment_structure import Structure
from securebase_analysis.engines.scaled_tests import scaled_indices
from securebase_analysis.engines.structural_equations import fit_structures
reference, name = sys.argv[1:3]
models = runpy.run_path(reference + "/sem_models.py")
if name == "eighty":
    fixed, lines = np.zeros((3, 90, 90)), [(0, i, 80 + i // 8) for i in range(80) if i % 8]
    fixed[0, np.arange(0, 80, 8), np.arange(80, 90)] = 1.0
    lines += [(1, i, i) for i in range(80)] + [(2, i, 0) for i in range(80)]
    lines += [(1, 80 + i, 80 + j) for i in range(10) for j in range(i + 1)]
    structures = [Structure(80, fixed, np.column_stack([lines, np.arange(len(lines))]))]
    values = [models["eighty"]()]
else:
    case = name.removesuffix("_mlr").removesuffix("_complete")
    structures, _ = models["structures"](models["cases"]()[case])
    values = [patterns.X for patterns in models["data"](case)]
    if name.endswith("_complete"):
        values = [X[~np.isnan(X).any(axis=1)] for X in values]
seconds = []
for _ in range(5):
    began = time.process_time()
    fit = fit_structures([(patterns_of(X), structure) for X, structure in zip(values, structures)])
    baseline = fit_baseline(fit)
    indices = fit_indices(fit, baseline)
    if name.endswith("_mlr"):
        scaled_indices(fit, baseline)
    fit.vcov("sandwich" if name.endswith("_mlr") else "observed")
    seconds.append(time.process_time() - began)
patterns = sum(of.n_patterns for of, _ in fit.groups)
print(json.dumps([seconds, fit.log_likelihood, indices.chi2, patterns]))
"""
R = r"""
suppressMessages({library(lavaan); library(psych); library(jsonlite)})
name <- commandArgs(TRUE)[1]; folder <- commandArgs(TRUE)[2]; here <- commandArgs(TRUE)[3]
script <- readLines(file.path(here, "sem_engine.R"))
# The models are those of the reference values: everything up to the first case.
part <- function(from, to) {
  first <- grep(from, script)[1]; last <- grep(to, script)
  eval(parse(text = script[first:last[last >= first][1]]), globalenv())
}
part("^three <-", "^mediation <-")
part("^panel_model <-", "^}$")
hs <- read.csv(file.path(here, "sem_holzinger_swineford.csv"))
gaps <- read.csv(file.path(here, "sem_holzinger_swineford_missing.csv"))
items <- psych::bfi[1:25]
eighty <- paste(sapply(0:9, function(f) paste0("f", f, " =~ ", paste0("x", f * 8 + 1:8, collapse = " + "))),
                collapse = "\n")
csv <- function() read.csv(file.path(folder, paste0(name, ".csv")))
run <- switch(name,
  panel_5_500_cells =, panel_5_10000_cells = {
    data <- csv(); model <- panel_model(5); function() lavaan(model, data, missing = "fiml") },
  bfi = function() sem(five, items, missing = "fiml"),
  bfi_mlr = function() sem(five, items, missing = "fiml", estimator = "MLR"),
  bfi_complete = { whole <- items[complete.cases(items), ]; function() sem(five, whole, meanstructure = TRUE) },
  hs_missing = function() sem(three, gaps, missing = "fiml"),
  hs = function() sem(three, hs, meanstructure = TRUE),
  hs_mlr = function() sem(three, hs, meanstructure = TRUE, estimator = "MLR"),
  hs_schools = function() sem(three, hs, group = "school", group.equal = c("loadings", "intercepts")),
  growth = { data <- read.csv(file.path(here, "sem_growth.csv")); function() sem(curve, data, fixed.x = FALSE) },
  eighty = { data <- csv(); function() sem(eighty, data, meanstructure = TRUE) })
seconds <- c()
repeat {
  spent <- sum(system.time(fit <- suppressWarnings(run()))[1:2]); seconds <- c(seconds, spent)
  if (spent > 10 || length(seconds) == 3) break
}
cat(toJSON(list(seconds, as.numeric(logLik(fit)), fitMeasures(fit, "chisq")[[1]]), digits = I(12)))
"""


def ours(name: str) -> tuple[list[float], float, float, int]:
    """Seconds, log-likelihood, chi-squared and patterns of our engine."""
    return _answer([sys.executable, "-c", OURS, str(REFERENCE), name])


def lavaan(name: str, folder: Path) -> tuple[list[float], float, float]:
    """Seconds, log-likelihood and chi-squared of lavaan."""
    script = folder / "speed.R"
    script.write_text(R)
    seconds, value, chi2 = _answer(["Rscript", str(script), name, str(folder), str(REFERENCE)])
    return seconds, value[0], chi2[0]


def _answer(command: list[str]) -> list:
    """What a fresh process with one thread prints last."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.strip().splitlines()[-1])


def median(values: list[float]) -> float:
    """The middle one, or the mean of the two in the middle."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2.0


def main() -> None:
    """Run every case and write the table."""
    quick = "quick" in sys.argv
    names = [name for name in CASES if not (quick and name == "panel_5_10000_cells")]
    lines = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, str(REFERENCE / "sem_panels.py"), place], check=True)
        items = [",".join(f"x{number}" for number in range(1, 81))]
        items += [",".join(map(repr, row)) for row in MODELS["eighty"]().tolist()]
        (folder / "eighty.csv").write_text("\n".join(items) + "\n")
        for name in names:
            words, least = CASES[name]
            own_seconds, own_value, own_chi2, patterns = ours(name)
            their_seconds, their_value, their_chi2 = lavaan(name, folder)
            own, theirs = median(own_seconds), median(their_seconds)
            apart = f"{abs(own_value - their_value):.0e} | {abs(own_chi2 - their_chi2):.0e}"
            lines.append(
                f"| {words} | {patterns:,} | {own:.3f} | {theirs:.2f} | {theirs / own:.0f} | {least} | {apart} |"
            )
            print(lines[-1], flush=True)
    if not quick:
        text = REPORT.format(machine=platform.platform(), python=platform.python_version(), rows="\n".join(lines))
        (HERE / "results" / "sem_speed.md").write_text(text)


REPORT = """# Structural equation models: processor seconds beside lavaan

Simulated panels and classic data; every case in a fresh process with one thread, estimates with standard errors,
saturated and baseline model, and test of fit. "At least" is what the ratio is held against. The last two columns
say how far log-likelihood and chi-squared are apart: what is timed is the same answer.

| model | patterns | ours, s | lavaan, s | ratio | at least | apart: log-likelihood | chi-squared |
|---|---|---|---|---|---|---|---|
{rows}

lavaan 0.6-14 in R 4.2.2; Python {python}; {machine}.
`python benchmarks/sem_speed.py` repeats it.
"""

if __name__ == "__main__":
    main()
