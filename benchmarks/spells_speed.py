"""How long 5,000,000 episodes of an SSDA903 return take to become spells and indicators, and how much memory.

    python benchmarks/spells_speed.py ../shared/samples/ssda903_csdemand_2017_2021

The episodes are simulated from the pattern of the sample return (itself synthetic): whole children are drawn with
replacement, given new numbers and moved by up to half a year. They are written as one CSV file for each of five
parts and read with pandas in two ways: as it guesses the columns, and as text, which keeps codes and numbers as
they are written. Ours starts from the table as pandas guesses it, with dates as text. Peak memory is that of the
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
from securebase_analysis.study.stability import placement_stability

EPISODES = 5_000_000
PARTS = 5
SEED = 903
REPEATS = 3
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


def measure(folder: Path) -> dict[str, float]:
    """Seconds of each step and the peak of memory, in a process of its own."""
    seconds = {}
    files = sorted(folder.glob("*.csv"))
    start = time.process_time()
    table = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    seconds["read_guessed"] = time.process_time() - start
    seconds["episodes"] = len(table)
    start = time.process_time()
    history = placement_history(table, freeze="2022-03-31")
    seconds["spells"] = time.process_time() - start
    start = time.process_time()
    answer = placement_stability(history, DEFINITIONS)
    seconds["indicators"] = time.process_time() - start
    seconds["n_spells"], seconds["n_rows"] = len(history.spells), len(answer.frame)
    seconds["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    del table, history, answer
    start = time.process_time()
    pd.concat([pd.read_csv(file, dtype=str, keep_default_na=False) for file in files], ignore_index=True)
    seconds["read_as_text"] = time.process_time() - start
    return seconds


def report(runs: list[dict[str, float]]) -> str:
    """The medians as a table."""
    middle = pd.DataFrame(runs).median()
    ours = middle["spells"] + middle["indicators"]
    n_rows, n_spells = f"{middle['episodes']:,.0f}", f"{middle['n_spells']:,.0f}"
    machine = platform.processor() or platform.machine()
    lines = [
        "# Episodes to spells and indicators",
        "",
        f"{n_rows} simulated episodes in random order, {n_spells} spells, {len(DEFINITIONS)} definitions of stability",
        f"in all years ({middle['n_rows']:.0f} rows). Median of {len(runs)} runs, seconds of the processor, one core.",
        f"{machine}, Python {platform.python_version()}, pandas {pd.__version__}, numpy {np.__version__}.",
        "",
        "| step | seconds | spells and indicators, in times this step |",
        "| --- | ---: | ---: |",
        f"| pandas.read_csv, all columns as text | {middle['read_as_text']:.1f} | {ours / middle['read_as_text']:.2f} |",
        f"| pandas.read_csv, columns guessed | {middle['read_guessed']:.1f} | {ours / middle['read_guessed']:.2f} |",
        f"| spells (dates read, rules, account, remarks) | {middle['spells']:.1f} | |",
        f"| indicators | {middle['indicators']:.1f} | |",
        "",
        "Numbers of children are kept as they are written only when the columns are read as text.",
        f"Peak memory of the process: {middle['peak_gb']:.1f} GB.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sample", type=Path)
    arguments.add_argument("--measure", action="store_true", help="the folder holds the files to measure")
    given = arguments.parse_args()
    if given.measure:
        print(json.dumps(measure(given.sample)))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_parts(Path(folder), sample_episodes(given.sample))
        command = [sys.executable, __file__, folder, "--measure"]
        done = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(REPEATS)]
        runs = [json.loads(run.stdout) for run in done]
    text = report(runs)
    (Path(__file__).parent / "results" / "spells_speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
