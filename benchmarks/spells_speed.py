"""How long 5,000,000 episodes of an SSDA903 return take to become spells and indicators, and how much memory.

    python benchmarks/spells_speed.py ../shared/samples/ssda903_csdemand_2017_2021

The episodes are simulated from the pattern of the sample return (itself synthetic): whole children are drawn with
replacement, given new numbers and moved by up to half a year. They are written as one CSV file for each of five
parts and read in three ways: with pandas as it guesses the columns; with pandas as text, which keeps codes and
numbers as they are written; and with `read_ssda903`, which checks, names and counts what is wrong on the way.
Spells and indicators start from the table, with dates as text, or from the returns. Peak memory is that of the
whole process. One core. Writes results/spells_speed.md.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["ARROW_DEFAULT_THREADS"] = "1"

import numpy as np
import pandas as pd

from securebase_analysis.study.spells import placement_history
from securebase_analysis.study.ssda903 import read_ssda903
from securebase_analysis.study.stability import placement_stability

EPISODES = 5_000_000
PARTS = 5
SEED = 903
REPEATS = 3
AS_TEXT, AS_GUESSED, CHECKED = READINGS = ("pandas, as text", "pandas, as guessed", "read_ssda903")
DEFINITIONS = ["any_change", "carer_change", "dfe_2025", "dfe_two_years", "childrens_commissioner"]


def sample_episodes(folder: Path) -> pd.DataFrame:
    """The episodes of the sample, the latest return kept, in order of child."""
    files = sorted(folder.glob("*-episodes.csv"))
    every = pd.concat([pd.read_csv(file, dtype=str).assign(file=file.name) for file in files])
    latest = every.drop_duplicates(["CHILD", "DECOM"], keep="last").drop(columns="file")
    for name in ("DECOM", "DEC"):
        latest[name] = pd.to_datetime(latest[name], format="%d/%m/%Y")
    return latest.sort_values(["CHILD", "DECOM"], kind="stable").reset_index(drop=True)


def simulate(sample: pd.DataFrame, n_rows: int, seed: int) -> pd.DataFrame:
    """Whole children drawn with replacement, with new numbers and dates moved by up to half a year."""
    rng = np.random.default_rng(seed)
    first = np.flatnonzero(sample["CHILD"] != sample["CHILD"].shift())
    length = np.diff(np.append(first, len(sample)))
    drawn = rng.integers(len(first), size=int(1.1 * n_rows / length.mean()))
    size = length[drawn]
    n_children = int(np.searchsorted(np.cumsum(size), n_rows))
    drawn, size = drawn[:n_children], size[:n_children]
    inside = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    rows = np.repeat(first[drawn], size) + inside
    table = sample.take(rows).reset_index(drop=True)
    table["CHILD"] = np.repeat(rng.permutation(n_children) + 1_000_000, size)
    moved = pd.to_timedelta(np.repeat(rng.integers(-180, 1, n_children), size), unit="D")
    for name in ("DECOM", "DEC"):
        table[name] = (table[name] + moved).dt.strftime("%d/%m/%Y")
    return table


def write_parts(folder: Path, sample: pd.DataFrame) -> None:
    """Five CSV files, the rows of each in random order."""
    table = simulate(sample, EPISODES, SEED)
    part = table["CHILD"].to_numpy() % PARTS
    for number in range(PARTS):
        mine = table[part == number].sample(frac=1, random_state=number)
        mine.to_csv(folder / f"{2017 + number}-episodes.csv", index=False)


def read_with_pandas(folder: Path, reading: str) -> pd.DataFrame:
    """All files in one table."""
    options = {"dtype": str, "keep_default_na": False} if reading == AS_TEXT else {}
    return pd.concat([pd.read_csv(file, **options) for file in sorted(folder.glob("*.csv"))], ignore_index=True)


def measure(folder: Path, reading: str) -> dict[str, float]:
    """Seconds of each step and the peak of memory, in a process of its own."""
    start = time.process_time()
    data = read_ssda903(folder) if reading == CHECKED else read_with_pandas(folder, reading)
    seconds = {"read": time.process_time() - start, "episodes": EPISODES}
    start = time.process_time()
    history = placement_history(data, freeze="2022-03-31")
    seconds["spells"] = time.process_time() - start
    start = time.process_time()
    answer = placement_stability(history, DEFINITIONS)
    seconds["indicators"] = time.process_time() - start
    seconds["n_spells"], seconds["n_rows"] = len(history.spells), len(answer.frame)
    seconds["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return seconds


def report(runs: pd.DataFrame) -> str:
    """The medians as a table."""
    middle = runs.groupby("reading", sort=False).median()
    text, guessed = middle.loc[AS_TEXT], middle.loc[AS_GUESSED]
    lines = [
        "# Episodes to spells and indicators",
        "",
        f"{EPISODES:,} simulated episodes in random order, {text['n_spells']:,.0f} spells,",
        f"{len(DEFINITIONS)} definitions of stability in all years.",
        f"Median of {REPEATS} runs, seconds of the processor, one core. {platform.machine()},",
        f"Python {platform.python_version()}, pandas {pd.__version__}, numpy {np.__version__}.",
        "",
        f"T = {text['read']:.1f} s is what `pandas.read_csv` takes to read the files as text; "
        f"as guessed it takes {guessed['read']:.1f} s.",
        "",
        "| read with | reading | spells | indicators | spells + indicators | whole line | peak memory |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for reading, row in middle.iterrows():
        after = (row["spells"] + row["indicators"]) / text["read"]
        whole = after + row["read"] / text["read"]
        steps = " | ".join(f"{row[name]:.1f}" for name in ("read", "spells", "indicators"))
        lines.append(f"| {reading} | {steps} | {after:.2f} T | {whole:.2f} T | {row['peak_gb']:.1f} GB |")
    lines += [
        "",
        "Spells: dates read from text, rows brought into order, rules, account, remarks and the table of spells.",
        "`read_ssda903` also decodes, reads every date and code, checks the rules of the department and of the",
        "catalogue on every row, merges the returns and puts them in order.",
        "Only columns read as text keep the numbers of children as they are written.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sample", type=Path)
    arguments.add_argument("--measure", choices=READINGS, help="the folder holds the files to measure")
    given = arguments.parse_args()
    if given.measure:
        print(json.dumps(measure(given.sample, given.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_parts(Path(folder), sample_episodes(given.sample))
        runs = pd.DataFrame([run_apart(folder, reading) for reading in READINGS for _ in range(REPEATS)])
    text = report(runs)
    (Path(__file__).parent / "results" / "spells_speed.md").write_text(text, encoding="utf-8")
    print(text)


def run_apart(folder: str, reading: str) -> dict[str, object]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, folder, "--measure", reading]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"reading": reading, **json.loads(done.stdout)}


if __name__ == "__main__":
    main()
