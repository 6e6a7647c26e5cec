"""Hostile files against every door, by the hundred thousand: nothing but a value or a DataError may come out.

    python benchmarks/fuzz_doors.py run --inputs 1000000 --seconds 3600 --state FOLDER
    python benchmarks/fuzz_doors.py report --state FOLDER

The files are made from the sound ones of tests/corpus (and the samples of other programs, where they are) by
changing bytes, or what a file is built of. They are read in a process of its own, one after the other. A fault is:
any other exception, a warning of a library that would reach the user, more than 5 seconds of the processor, more
than 256 MiB for one file, or the end of the process. The input of a fault is made smaller and kept in
FOLDER/faults. A run that is started again with the same folder goes on with other inputs. fuzz_by_coverage.py adds
inputs that are guided by coverage. `report` writes results/fuzz_doors.md.
"""

import argparse
import json
import mmap
import os
import platform
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "readers")]

from damage import damaged  # noqa: E402
from doors import DOORS, INNER_DOORS  # noqa: E402
from sound_files import CORPUS, Content, put  # noqa: E402

from securebase_analysis.errors import DataError  # noqa: E402

SAMPLES = ROOT.parent / "shared" / "samples"
SAMPLES_OF = {
    "text_table": ("redcap/*decimal-comma__data.csv", "spss_stata/sample_missing.csv"),
    "spss_file": ("spss_stata/*.sav",),
    "stata_file": ("spss_stata/*.dta",),
    "refi_project": ("refi_qda_projects/atlasti_mac_8.4_standard_project.qdpx",),
    "refi_codebook": ("refi_qda_projects/*.qdc", "taguette_exports/codebook.qdc"),
    "segment_table": ("taguette_exports/codebook.csv",),
    "segment_workbook": ("taguette_exports/codebook.xlsx",),
    "qualtrics_export": ("qualtrics/*.csv",),
}
SOUND_OF = {
    "kind_of_file": ("workbook", "spss_file", "stata_file", "parquet_file", "text_table"),
    "members": ("refi_project", "workbook", "nvivo_word"),
    "tree": ("refi_codebook", "returns_as_xml"),
    "cut_text": ("text_table", "segment_table", "qualtrics_export"),
    "word_document": ("nvivo_word",),
    "dictionary": ("spss_file",),
    "refi_records": ("refi_project",),
    "refi_tree_records": ("refi_codebook",),
    "taguette_records": ("taguette_project",),
    "qualcoder_records": ("qualcoder_project",),
    "nvivo_records": ("nvivo_text", "nvivo_word"),
    "column_map": ("own_columns",),
    "syntax": ("limesurvey_export",),
    "return_cells": ("returns_as_tables",),
}
"""The doors whose sound files an inner door gets; of folders, the files."""
EVERY_DOOR = DOORS | INNER_DOORS
SHARE_OF_INNER = 0.35
"""Of the time; within each of the two kinds every door gets the same time."""
BLOCK = 20
CPU_SECONDS, CLOCK_SECONDS = 5, 60
MOST_MEMORY, GROWTH = 4 * 2**30, 256 * 2**20
MEBIBYTE = 2**20
PLACE = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")


class Hang(BaseException):
    """An input took longer than it may."""


def sound(door: str) -> list[tuple[str, Content]]:
    """The sound files of a door, by name."""
    if door in SOUND_OF:
        return [
            one
            for outer in SOUND_OF[door]
            for name, content in sound(outer)
            for one in files_of(door, name, content)
        ]
    found = sorted((CORPUS / door).glob("sound-*"))
    for pattern in SAMPLES_OF.get(door, ()):
        found += sorted(SAMPLES.glob(pattern)) if SAMPLES.is_dir() else []
    return [(file.name.removeprefix("sound-"), content_of(file)) for file in found]


def files_of(door: str, name: str, content: Content) -> list[tuple[str, Content]]:
    """A file by its name; of a folder those that the inner door reads."""
    if isinstance(content, bytes):
        return [(name, content)]
    ending = {"column_map": ".toml", "syntax": ".R", "return_cells": ".csv"}[door]
    return [(Path(inner).name, data) for inner, data in content.items() if inner.endswith(ending)]


def content_of(place: Path) -> Content:
    """A file's bytes, or those of every file in a folder."""
    if place.is_file():
        return place.read_bytes()
    files = sorted(file for file in place.rglob("*") if file.is_file())
    return {str(file.relative_to(place)): file.read_bytes() for file in files}


def hostile(door: str, number: int, seed: int, files: list[tuple[str, Content]]) -> tuple[str, str, Content]:
    """The input of that number: the way it is made, its name, and what is in it."""
    dice = random.Random(f"{seed} {door} {number}")
    name, content = dice.choice(files)
    way = "structure" if dice.random() < 0.6 else "bytes"
    return way, name, damaged(content, name, dice, way)


# --- one input


def attempt(door: str, name: str, content: Content, folder: Path) -> tuple[str, str]:
    """Let the door read an input: ("read" or "refused", "") or (the fault, where and what)."""
    place = put(content, fresh(folder, name))
    TOLD.clear()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS, 1)
    try:
        EVERY_DOOR[door](place)
        answer = "read"
    except DataError as error:
        answer = "refused"
        str(error)
    except Hang:
        return "hang", traceback.format_exc()
    except BaseException as error:
        return f"{type(error).__name__} at {last_line(error)}", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if TOLD:
        return TOLD[0].split("\n")[0][:200], "\n".join(TOLD)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    if grown > GROWTH:
        return "memory", f"{grown / MEBIBYTE:.0f} MiB for one input"
    return answer, ""


def fresh(folder: Path, name: str) -> Path:
    """An empty place for the next input."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder / name


def last_line(error: BaseException) -> str:
    """The innermost line of ours that an exception came through."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "securebase_analysis" in frame.filename
    ]
    if not frames:
        return "?"
    return f"{frames[-1].filename.rpartition('securebase_analysis/')[2]}:{frames[-1].lineno}"


TOLD: list[str] = []
"""Warnings and ignored exceptions since the last input."""


def listen() -> None:
    """Hear every warning, every exception that nobody could raise, and the clock of the processor."""

    def warned(message, category, filename, lineno, file=None, line=None):
        where = "/".join(Path(filename).parts[-3:])
        TOLD.append(
            f"{category.__name__} in {where}:{lineno}: {message}\n{''.join(traceback.format_stack(limit=12))}"
        )

    def ignored(unraisable):
        if not isinstance(unraisable.exc_value, Hang):
            TOLD.append(f"ignored {type(unraisable.exc_value).__name__}: {unraisable.exc_value}")

    def too_long(*_):
        raise Hang

    warnings.simplefilter("always")
    warnings.showwarning = warned
    sys.unraisablehook = ignored
    signal.signal(signal.SIGPROF, too_long)


# --- smaller inputs


def smaller(door: str, name: str, content: Content, fault: str, folder: Path) -> Content:
    """The input with as much taken away as leaves the fault, within some hundred trials."""

    def same_fault(changed: Content) -> bool:
        return attempt(door, name, changed, folder)[0] == fault

    if isinstance(content, bytes):
        return shrunk(content, same_fault)
    parts = dict(content)
    for inner in sorted(parts):
        parts[inner] = shrunk(parts[inner], lambda data, inner=inner: same_fault(parts | {inner: data}))
    return parts


def shrunk(data: bytes, is_same) -> bytes:
    """Pieces left out, ever smaller ones, as long as the fault stays."""
    size, trials = max(1, len(data) // 2), 0
    while size and trials < 150:
        at = 0
        while at < len(data) and trials < 150:
            trials += 1
            less = data[:at] + data[at + size :]
            if is_same(less):
                data = less
            else:
                at += size
        size //= 2
    return data


# --- the worker


HEARTBEAT = struct.Struct("<qqd")


def work(run: dict, doors: list[str], beat: mmap.mmap, out: Path) -> None:
    """Read one input after the other; counts go to `out`, faults beside it."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    listen()
    folder = PLACE / f"fuzz-doors-{os.getpid()}"
    files = {door: sound(door) for door in doors}
    counts = {door: Counter() for door in doors}
    n_done, seen, memory = 0, Counter(), [[0, resident()]]
    while door := next_door(doors, counts, run):
        first = run["next"].get(door, 0)
        started = time.monotonic()
        for number in range(first, first + BLOCK):
            beat[: HEARTBEAT.size] = HEARTBEAT.pack(doors.index(door), number, time.monotonic())
            way, name, content = hostile(door, number, run["seed"], files[door])
            answer, trace = attempt(door, name, content, folder)
            counts[door][f"{way} {'fault' if trace else answer}"] += 1
            n_done += 1
            if trace:
                seen[door, answer] += 1
                if seen[door, answer] <= 2:
                    keep(out, door, name, content, number, answer, trace, folder)
            if n_done % 10_000 == 0:
                memory.append([n_done, resident()])
        run["next"][door] = first + BLOCK
        counts[door]["seconds"] += time.monotonic() - started
        if time.monotonic() - run["told"] > 3:
            run["told"] = time.monotonic()
            tell(out, counts, memory, seen)
    tell(out, counts, memory, seen)
    shutil.rmtree(folder, ignore_errors=True)


def tell(out: Path, counts: dict, memory: list, seen: Counter) -> None:
    """Write how far it is."""
    faults = [[door, fault, n] for (door, fault), n in seen.items()]
    state = {"counts": counts, "memory": memory, "highest": highest(), "faults": faults}
    (out / "now.json").write_text(json.dumps(state))
    (out / "now.json").replace(out / "worker.json")


def next_door(doors: list[str], counts: dict[str, Counter], run: dict) -> str | None:
    """The door that had least of its share of the time; None when all had their number of inputs."""
    open_doors = [door for door in doors if not run["most"] or n_inputs(counts[door]) < run["most"]]
    return min(open_doors, key=lambda door: counts[door]["seconds"] / share(door), default=None)


def n_inputs(counted: Mapping[str, float]) -> int:
    """How many inputs were counted."""
    return int(sum(n for what, n in counted.items() if what != "seconds"))


def share(door: str) -> float:
    """A door's share of the time."""
    return SHARE_OF_INNER / len(INNER_DOORS) if door in INNER_DOORS else (1 - SHARE_OF_INNER) / len(DOORS)


def keep(
    out: Path, door: str, name: str, content: Content, number: int, fault: str, trace: str, folder: Path
) -> None:
    """Put the input of a fault, made smaller, and its traceback beside the counts."""
    if fault not in ("hang", "memory"):
        content = smaller(door, name, content, fault, folder)
    place = out.parent / "faults" / door / f"{number}-{name}"
    place.parent.mkdir(parents=True, exist_ok=True)
    put(content, place)
    (place.parent / f"{number}-trace.txt").write_text(f"{fault}\n\n{trace}")
    print(f"FAULT {door} {number} {name}: {fault}", flush=True)


def resident() -> float:
    """MiB that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / MEBIBYTE, 1)


def highest() -> float:
    """MiB that the process held at most."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


# --- the overseer


def oversee(arguments: argparse.Namespace) -> None:
    """Start a worker, again when it ends badly, and stop it when the time is over."""
    doors = arguments.door or list(EVERY_DOOR)
    out = arguments.state / f"run-{int(time.time())}-{os.getpid()}"
    out.mkdir(parents=True)
    run = {"seed": arguments.seed or int(time.time()), "next": {}, "most": arguments.inputs, "told": 0.0}
    about = {"commit": arguments.commit or commit(), "doors": doors, "seed": run["seed"], "started": time.time()}
    (out / "run.json").write_text(json.dumps(about | {"seconds": 0, "ended": []}))
    beat = mmap.mmap(-1, 4096)
    deadline, ended = time.monotonic() + arguments.seconds, []
    while time.monotonic() < deadline:
        beat[: HEARTBEAT.size] = HEARTBEAT.pack(0, -1, time.monotonic())
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work(run, doors, beat, out)
                status = 0
            except BaseException:
                traceback.print_exc()
            os._exit(status)
        how = wait_for(child, beat, deadline)
        about |= {"seconds": time.time() - about["started"], "ended": ended}
        (out / "run.json").write_text(json.dumps(about))
        if how in ("done", "time"):
            break
        place, number, _ = HEARTBEAT.unpack(beat[: HEARTBEAT.size])
        door = doors[place]
        ended.append([door, number, how])
        if number < 0:
            break
        way, name, content = hostile(door, number, run["seed"], sound(door))
        (out.parent / "ended").mkdir(exist_ok=True)
        put(content, fresh(out.parent / "ended" / f"{door}-{number}", name))
        print(f"ENDED {door} {number} {way} {name}: {how}", flush=True)
        if (out / "worker.json").is_file():
            (out / "worker.json").rename(out / f"worker-{len(ended)}.json")
        run["seed"] += 1
    about |= {"seconds": time.time() - about["started"], "ended": ended}
    (out / "run.json").write_text(json.dumps(about))
    print(out)


def wait_for(child: int, beat: mmap.mmap, deadline: float) -> str:
    """How the worker ended: done, a signal, too long for one input, or the time over."""
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return "done" if status == 0 else f"ended with status {status}"
        now = time.monotonic()
        if now > deadline:
            how = "time"
        elif now - HEARTBEAT.unpack(beat[: HEARTBEAT.size])[2] > CLOCK_SECONDS:
            how = "no answer in time"
        else:
            time.sleep(0.5)
            continue
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return how


# --- the results


RESULTS = Path(__file__).parent / "results" / "fuzz_doors.md"
KEPT_FROM = "## What was found and mended"
WAYS = ("bytes", "structure", "coverage")


def report(arguments: argparse.Namespace) -> None:
    """Write what was counted; the part about what was found is kept as it stands."""
    runs = [run_of(place) for place in sorted(arguments.state.glob("run-*")) if (place / "run.json").is_file()]
    runs = [run for run in runs if run["workers"]]
    total = {door: Counter() for door in EVERY_DOOR}
    for run in runs:
        for worker in run["workers"]:
            for door, counted in worker["counts"].items():
                total[door].update(counted)
    kept = RESULTS.read_text().partition(KEPT_FROM)[2] if RESULTS.is_file() else "\n"
    text = "\n".join(
        [*headline(runs, total), *by_code(runs), *table_of_doors(total), *table_of_runs(runs), *of_coverage(runs)]
    )
    RESULTS.write_text(f"{text}\n{KEPT_FROM}{kept}")


def run_of(place: Path) -> dict:
    """A run and its workers."""
    workers = [json.loads(file.read_text()) for file in sorted(place.glob("worker*.json"))]
    return json.loads((place / "run.json").read_text()) | {"workers": workers}


def headline(runs: list[dict], total: dict[str, Counter]) -> list[str]:
    """What was done, and how many faults that brought."""
    n = sum(map(n_inputs, total.values()))
    n_doors = sum(n_inputs(total[door]) for door in DOORS)
    faults = sum(k for counted in total.values() for what, k in counted.items() if what.endswith("fault"))
    ended = sum(len(run["ended"]) for run in runs)
    highest_of = max(worker["highest"] for run in runs for worker in run["workers"])
    seconds = sum(counted["seconds"] for counted in total.values())
    return [
        "# Hostile files at every door",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores that others used at the same time; made by",
        "`benchmarks/fuzz_doors.py` and `benchmarks/fuzz_by_coverage.py` from the sound files of `tests/corpus`",
        "and samples of other programs. A fault is any exception but DataError, a warning of a library, 5 seconds",
        "of the processor or 256 MiB for one input, or the end of the process.",
        "",
        f"**{n:,} inputs, {faults} faults, {ended} processes ended.** {n_doors:,} of them went through a whole",
        f"door (a public verb, tables and all), {n - n_doors:,} through the inner part of one, which meets the",
        f"bytes. They took {seconds:,.0f} seconds of the clock; the most memory a process held was",
        f"{highest_of:,.0f} MiB.",
        "",
    ]


def by_code(runs: list[dict]) -> list[str]:
    """A row for each version of the code, in the order in which they ran."""
    codes: dict[str, Counter] = {}
    for run in runs:
        for worker in run["workers"]:
            for counted in worker["counts"].values():
                codes.setdefault(run["commit"], Counter()).update(counted)
    lines = ["| code | inputs | faults |", "| --- | ---: | ---: |"]
    for code, counted in codes.items():
        faults = sum(k for what, k in counted.items() if what.endswith("fault"))
        lines.append(f"| {code} | {n_inputs(counted):,} | {faults} |")
    return [*lines, ""]


def table_of_doors(total: dict[str, Counter]) -> list[str]:
    """A row for each door."""
    lines = ["| door | bytes | structure | by coverage | all | read | refused | fault | ms each |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for door, counted in total.items():
        n = n_inputs(counted)
        ways = [sum(k for what, k in counted.items() if what.startswith(way)) for way in WAYS]
        ends = [
            sum(k for what, k in counted.items() if what.endswith(end)) for end in ("read", "refused", "fault")
        ]
        cells = [f"{k:,.0f}" for k in (*ways, n, *ends)] + [f"{1000 * counted['seconds'] / max(n, 1):.1f}"]
        lines.append(f"| {door}{' (inner)' if door in INNER_DOORS else ''} | {' | '.join(cells)} |")
    return [*lines, ""]


def table_of_runs(runs: list[dict]) -> list[str]:
    """A row for each worker: the code it ran, and whether its memory grew."""
    lines = ["## Memory", "", "MiB that a process held at the start, and after so many inputs.", ""]
    lines += ["| code | way | inputs | at the start | after 10,000 | half way | at the end | most |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for run in runs:
        for worker in run["workers"]:
            held = [mebibytes for _, mebibytes in worker["memory"]]
            if len(held) < 3:
                continue
            n = sum(map(n_inputs, worker["counts"].values()))
            way = f"by coverage, {run['doors'][0]}" if run.get("reached") else "bytes and structure"
            shown = [held[0], held[1], held[len(held) // 2], held[-1], worker["highest"]]
            cells = " | ".join(f"{mebibytes:,.0f}" for mebibytes in shown)
            lines.append(f"| {run['commit']} | {way} | {n:,} | {cells} |")
    return [*lines, ""]


def of_coverage(runs: list[dict]) -> list[str]:
    """What the coverage-guided way reached."""
    lines = [
        "## By coverage (atheris)",
        "",
        "Branches of our code and features reached, at first and in the end.",
        "",
    ]
    lines += [
        "| door | code | inputs | branches | features | seconds |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for run in runs:
        if run.get("reached"):
            n = sum(n_inputs(counted) for worker in run["workers"] for counted in worker["counts"].values())
            first, features, last, features_last = run["reached"]
            reached = f"{first:,} to {last:,} | {features:,} to {features_last:,}"
            lines.append(f"| {run['doors'][0]} | {run['commit']} | {n:,} | {reached} | {run['seconds']:.0f} |")
    return [*lines, ""]


def commit() -> str:
    """The version of the code, with a + when readers differ from it."""
    ask = {"cwd": ROOT, "capture_output": True, "text": True, "check": True}
    name = subprocess.run(["git", "rev-parse", "--short", "HEAD"], **ask).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain", "securebase_analysis"], **ask).stdout.strip()
    return name + ("+" if changed else "")


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run")
    run.add_argument("--inputs", type=int, default=0, help="of each door at most")
    run.add_argument("--seconds", type=float, default=600)
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--commit", default="", help="of the code, where it is no repository")
    run.add_argument("--door", action="append", choices=list(EVERY_DOOR))
    run.set_defaults(does=oversee)
    told = commands.add_parser("report")
    told.set_defaults(does=report)
    for command in (run, told):
        command.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.does(arguments)


if __name__ == "__main__":
    main()
