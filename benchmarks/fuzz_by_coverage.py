"""Hostile files that are kept when they reach new lines of ours, and changed again: guided by coverage.

    python benchmarks/fuzz_by_coverage.py --seconds 600 --state FOLDER [--door refi_tree_records]

Needs `atheris`, which no other part of the package needs. One process for each door; a door whose file is an
archive or a folder is given one part of it, the rest stays sound. Counts and faults go
where those of fuzz_doors.py go.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

PART_OF = {
    "refi_project": "project.qde",
    "refi_records": "project.qde",
    "workbook": "xl/worksheets/sheet1.xml",
    "segment_workbook": "xl/worksheets/sheet1.xml",
    "questionnaire_workbook": "xl/worksheets/sheet1.xml",
    "word_document": "word/document.xml",
    "own_columns": "columns.toml",
    "redcap_export": "data.csv",
    "limesurvey_export": "results.csv",
    "study_file": "study.toml",
    "study_folder": "study.toml",
    "returns_as_tables": "episodes.csv",
    "codebook_folder": "items.csv",
}
"""What is changed of an archive or a folder."""

DOORS_BY_DEFAULT = (
    "tree", "members", "refi_tree_records", "refi_records", "nvivo_records", "taguette_records",
    "qualcoder_records", "column_map", "syntax", "cut_text", "codebook_text", "study_file", "key_file",
    "word_document", "dictionary", "return_cells", "text_table", "segment_table", "workbook", "cells",
)  # fmt: skip
LARGEST = 4096
ENDED = re.compile(r"#(\d+)\s+(?:DONE|pulse|NEW|REDUCE|RELOAD|INITED)\s+cov: (\d+) ft: (\d+)")


def guide(door: str, seconds: int, out: Path) -> None:
    """Run one door; ends by itself after the seconds given."""
    import atheris

    with atheris.instrument_imports(include=["securebase_analysis"]):
        import fuzz_doors as doors
    from damage import damaged

    doors.listen()
    name, content = _template(doors.sound(door), door)
    counts, seen, dice = Counter(), Counter(), random.Random(door)
    folder = doors.PLACE / f"fuzz-doors-{os.getpid()}"
    started = time.monotonic()
    memory = [[0, doors.resident()]]

    def one(data: bytes) -> None:
        whole = _whole(content, PART_OF.get(door), data)
        answer, trace = doors.attempt(door, name, whole, folder)
        counts[f"coverage {'fault' if trace else answer}"] += 1
        n_done = sum(counts.values())
        if trace:
            seen[door, answer] += 1
            if seen[door, answer] <= 2:
                doors.keep(out, door, name, whole, n_done, answer, trace, folder)
        if n_done % 10_000 == 0:
            memory.append([n_done, doors.resident()])
        if n_done % 500 == 0:
            told = counts | {"seconds": time.monotonic() - started}
            doors.tell(out, {door: told}, memory, seen)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        dice.seed(seed)
        if dice.random() < 0.5:
            return atheris.Mutate(data, len(data))[:most]
        return damaged(data, PART_OF.get(door, name), dice, dice.choice(("bytes", "structure")))[:most]

    corpus = out / "corpus"
    corpus.mkdir(parents=True)
    for number, (_, sound) in enumerate(doors.sound(door)):
        (corpus / f"sound-{number}").write_bytes(_part(sound, PART_OF.get(door)))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LARGEST}",
        "-timeout=60",
        "-rss_limit_mb=3000",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], one, custom_mutator=changed)
    atheris.Fuzz()


def _template(sound: list, door: str) -> tuple:
    """The sound file around the part that is changed; without such a part only its name counts."""
    part = PART_OF.get(door)
    fitting = [(name, content) for name, content in sound if part is None or _part(content, part)]
    return fitting[0]


def _part(content: object, part: str | None) -> bytes:
    """What is changed of a sound file."""
    if part is None:
        assert isinstance(content, bytes)
        return content
    if isinstance(content, bytes):
        import io

        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(part) if part in archive.namelist() else b""
    return content.get(part, b"")


def _whole(content: object, part: str | None, data: bytes) -> object:
    """The sound file with its part exchanged."""
    if part is None:
        return data
    if isinstance(content, bytes):
        from damage import _members, _packed

        return _packed({**_members(content), part: data}, zipfile.ZIP_STORED)
    return {**content, part: data}


def each_door(arguments: argparse.Namespace) -> None:
    """Guide one door after the other, each in a process of its own."""
    doors = arguments.door or list(DOORS_BY_DEFAULT)
    for number, door in enumerate(doors):
        left = arguments.until - time.time() if arguments.until else arguments.seconds * (len(doors) - number)
        seconds = int(left / (len(doors) - number))
        if seconds < 5:
            break
        out = arguments.state / f"run-{int(time.time())}-{os.getpid()}-{door}"
        out.mkdir(parents=True)
        command = [sys.executable, __file__, "--one", door, "--seconds", str(seconds), "--state", str(out)]
        started = time.time()
        with (out / "log.txt").open("w") as log:
            ended = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode
        steps = ENDED.findall((out / "log.txt").read_text(errors="replace"))
        reached = [int(n) for n in steps[0][1:] + steps[-1][1:]] if steps else []
        about = {"commit": arguments.commit, "doors": [door], "started": started, "seconds": time.time() - started}
        how = [] if ended == 0 else [[door, -1, f"ended with status {ended}"]]
        (out / "run.json").write_text(json.dumps(about | {"ended": how, "reached": reached}))
        print(door, steps[-1] if steps else "no step", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60, help="for each door")
    parser.add_argument("--until", type=float, default=0, help="seconds since 1970, shared among the doors")
    parser.add_argument("--door", action="append")
    parser.add_argument("--one", default="")
    parser.add_argument("--commit", default="")
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.one:
        guide(arguments.one, arguments.seconds, arguments.state)
    else:
        each_door(arguments)


if __name__ == "__main__":
    main()
