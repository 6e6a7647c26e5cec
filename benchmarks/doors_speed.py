"""How long it takes to read the largest files that people bring, and how much memory that takes.

    python benchmarks/doors_speed.py

Every file is made up on the spot and read in a process of its own, one core. Seconds are those of the clock (with
whatever else the machine does) and of the processor. Memory is the highest the process reached, less what it had
before the file was opened; beside it stands how many times the size of the file that is. A project is a zip: its
size is that of its parts unpacked, and as packed. Writes results/doors_speed.md.
"""

import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import pandas as pd

INTERVIEWS, CODINGS, CODES, WORDS = 500, 100_000, 60, 6_000
CHILDREN, WAVES, ITEMS, ROWS_AT_ONCE = 245_000, 4, 100, 20_000
SEED = 5
MEGABYTE = 2**20
ALPHABET = "abcdefghijklmnoprstuvwyz"


def words_of_an_interview(draw: random.Random, vocabulary: list[str]) -> tuple[str, list[int]]:
    """A text with Windows line ends, and where each word starts in UTF-16 units, as NVivo counts."""
    starts, parts, position = [], [], 0
    for number, word in enumerate(draw.choices(vocabulary, k=WORDS)):
        starts.append(position)
        parts.append(word + ("\r\n" if number % 40 == 39 else " "))
        position += len(parts[-1].encode("utf-16-le")) // 2
    return "".join(parts), starts


def make_project(path: Path) -> int:
    """Write a project in NVivo's manner: a selection for each coding, texts beside it; gives its size unpacked."""
    draw = random.Random(SEED)

    def guid() -> str:
        return str(uuid.UUID(int=draw.getrandbits(128)))

    vocabulary = ["".join(draw.choices(ALPHABET, k=draw.randint(2, 9))) for _ in range(3_000)] + ["she’s", "don’t"]
    coders, codes = [guid() for _ in range(4)], [guid() for _ in range(CODES)]
    xml = ['<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p"><Users>']
    xml += [f'<User guid="{coder}" name="coder {number}"/>' for number, coder in enumerate(coders)]
    xml += ["</Users><CodeBook><Codes>"]
    xml += [f'<Code guid="{code}" name="code {number}" isCodable="true"/>' for number, code in enumerate(codes)]
    xml += ["</Codes></CodeBook><Sources>"]
    texts = {}
    for interview in range(INTERVIEWS):
        source = guid()
        emoji = ["🙂"] if interview % 10 == 0 else []
        texts[source], starts = words_of_an_interview(draw, vocabulary + emoji)
        xml.append(
            f'<TextSource guid="{source}" name="interview {interview}" plainTextPath="internal://{source}.txt">'
        )
        for _ in range(CODINGS // INTERVIEWS):
            first = draw.randrange(WORDS - 60)
            last, made = first + draw.randint(5, 50), f'creatingUser="{draw.choice(coders)}"'
            made += ' creationDateTime="2024-01-02T03:04:05Z"'
            xml.append(
                f'<PlainTextSelection guid="{guid()}" name="" startPosition="{starts[first]}" '
                f'endPosition="{starts[last] - 1}" {made}><Coding guid="{guid()}" {made}>'
                f'<CodeRef targetGUID="{draw.choice(codes)}"/></Coding></PlainTextSelection>'
            )
        xml.append("</TextSource>")
    xml.append("</Sources></Project>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", "".join(xml))
        for source, text in texts.items():
            archive.writestr(f"Sources/{source}.txt", text.encode("utf-8-sig"))
        return sum(member.file_size for member in archive.infolist())


def read_project(path: Path) -> str:
    """Read the project and say what came of it."""
    from securebase_analysis import read_interviews

    return repr(read_interviews(path))


def round_trip(path: Path) -> str:
    """Read the project, write it and read that again."""
    from securebase_analysis import read_interviews, write_interviews

    interviews = read_interviews(path)
    copy = path.with_name("again.qdpx")
    write_interviews(interviews, copy)
    again = read_interviews(copy)
    copy.unlink()
    for table in ("segments", "codes", "coders", "sources", "cases", "uncoded", "notes", "sets"):
        pd.testing.assert_frame_equal(getattr(interviews, table), getattr(again, table))
    return "equal in every table"


def make_table(path: Path) -> int:
    """Write answers of one digit, the cells that take most memory beside their size: a row a child and wave."""
    import numpy as np

    draw = np.random.default_rng(SEED)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["child", "wave", *(f"q{item + 1}" for item in range(ITEMS))]) + "\n")
        for start in range(0, CHILDREN * WAVES, ROWS_AT_ONCE):
            n_rows = min(ROWS_AT_ONCE, CHILDREN * WAVES - start)
            answers = draw.integers(0, 3, (n_rows, ITEMS)).astype("U1")
            for row, cells in enumerate(answers, start):
                file.write(f"K{row // WAVES:06d},{row % WAVES + 1},{','.join(cells)}\n")
    return path.stat().st_size


def read_cells(path: Path) -> str:
    """Read the table as cells and say what came of it."""
    from securebase_analysis import read_table

    frame = read_table(path).frame
    assert frame.shape == (CHILDREN * WAVES, ITEMS + 2)
    assert not frame.isna().any().any()
    return f"{len(frame):,} rows x {frame.shape[1]} columns"


def read_answers(path: Path) -> str:
    """Read the table as answers of children at waves and say what came of it."""
    from securebase_analysis import make_codebook, read_questionnaire

    items = [
        {"item": f"q{item + 1}", "instrument": "made up", "construct": "trust", "low": 0, "high": 2}
        for item in range(ITEMS)
    ]
    waves = [{"wave": wave + 1} for wave in range(WAVES)]
    instrument = {"instrument": "made up", "minimum_answered": 1}
    book = make_codebook("Made up", "1", {"waves": waves, "instruments": [instrument], "items": items})
    answers = read_questionnaire(path, book).wide
    assert answers["child"].nunique() == CHILDREN
    n_answers = sum(int(answers[f"q{item + 1}"].notna().sum()) for item in range(ITEMS))
    assert n_answers == CHILDREN * WAVES * ITEMS
    return f"{CHILDREN:,} children, {WAVES} waves, {ITEMS} items, {n_answers:,} answers"


DOORS: dict[str, tuple[Callable[[Path], int], Callable[[Path], str]]] = {
    "REFI-QDA project: read_interviews": (make_project, read_project),
    "the same: read, write_interviews, read again": (make_project, round_trip),
    "CSV: read_table": (make_table, read_cells),
    "CSV: read_questionnaire": (make_table, read_answers),
}


def measured(door: str, path: Path) -> dict[str, float | str]:
    """Read a file in this process; its time, memory and what came of it."""
    import pyarrow  # noqa: F401, so that what pandas loads anyway does not count as memory of the file
    import tqdm  # noqa: F401

    from securebase_analysis import read_interviews, write_interviews  # noqa: F401

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    clock, processor = time.perf_counter(), time.process_time()
    what = DOORS[door][1](path)
    return {
        "what": what,
        "clock": time.perf_counter() - clock,
        "processor": time.process_time() - processor,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before,
    }


def in_a_process_of_its_own(act: str, door: str, path: Path) -> dict:
    """What `act` says of the door; a process begins with the highest memory of the one that starts it."""
    command = [sys.executable, __file__, act, door, str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def row_of(door: str, folder: Path) -> str:
    """The line of one door, measured in a process of its own."""
    path = folder / ("file.csv" if door.startswith("CSV") else "file.qdpx")
    unpacked = in_a_process_of_its_own("make", door, path)["bytes"] / MEGABYTE
    packed = path.stat().st_size / MEGABYTE
    done = in_a_process_of_its_own("read", door, path)
    times = done["memory"] / unpacked
    size = f"{unpacked:.0f}" if packed == unpacked else f"{unpacked:.0f} ({packed:.0f} packed)"
    return (
        f"| {door} | {done['what']} | {size} | {done['clock']:.1f} | "
        f"{done['processor']:.1f} | {done['memory']:.0f} | {times:.1f} |"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = [row_of(door, Path(folder)) for door in DOORS]
    lines = [
        "# Reading the largest files that people bring",
        "",
        f"Python {platform.python_version()}, pandas {pd.__version__}, one core of a machine that others used",
        f"at the same time (load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores). Made-up files.",
        "",
        "| door | what was read | file, MiB | seconds, clock | seconds, processor | memory, MiB | x the file |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
    ]
    target = Path(__file__).parent / "results" / "doors_speed.md"
    target.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        act, door, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
        print(json.dumps({"bytes": DOORS[door][0](path)} if act == "make" else measured(door, path)))
    else:
        main()
