"""Files that are damaged or made up at random: refused with a message, or read; never another error."""

import os
import random
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import securebase_analysis
from securebase_analysis.errors import DataError
from securebase_analysis.readers.spss_dictionary import DamagedDictionary, check_dictionary
from securebase_analysis.readers.tables import Table, read_table

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".sav", ".dta", ".por")
quietly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(path):
    try:
        table = read_table(path)
    except DataError:
        return None
    assert isinstance(table, Table)
    assert len(table.frame)
    assert table.frame.columns.is_unique
    return table


@quietly
@given(content=st.binary(max_size=300), ending=st.sampled_from(ENDINGS))
def test_random_bytes(tmp_path, content, ending):
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    read_or_refuse(path)


@settings(quietly, max_examples=300)
@given(text=st.text(alphabet='ab1;,\t|\n\r". \u00e9=0', max_size=80))
def test_random_text_tables_lose_no_character(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    table = read_or_refuse(path)
    if table is None or table.assumptions or '"' in text:
        return
    kept = "".join(cell for row in table.frame.itertuples(index=False) for cell in row if isinstance(cell, str))
    body = text.replace("\r\n", "\n").replace("\r", "\n")
    body = body.lstrip("\n")
    after_header = "".join(body.split("\n")[1:])
    assert sorted(kept) == sorted(after_header.replace(",", "")) or not table.frame.shape[1] > 1


def originals(folder):
    """One small sound file of every binary kind."""
    frame = pd.DataFrame({"child": ["007", "008"], "q1": [1.0, 99.0]})
    frame.to_parquet(folder / "a.parquet")
    labels = {"child": {"007": "a"}, "q1": {1.0: "no"}}
    pyreadstat.write_sav(frame, folder / "a.sav", missing_ranges={"q1": [99.0]}, variable_value_labels=labels)
    pyreadstat.write_dta(frame, folder / "a.dta")
    pyreadstat.write_por(frame, folder / "a.por")
    book = openpyxl.Workbook()
    for row in (["child", "q1"], ["007", 1], ["008", 99]):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return {path.suffix: path.read_bytes() for path in sorted(folder.glob("a.*"))}


def text_label_value(content):
    """Where the value of the label of `child` stands."""
    return content.index(b"007     ")


CRASHES = {
    "a label on a variable that does not exist": lambda c: (c.rindex(b"\x04\0\0\0\x01\0\0\0\x02\0\0\0") + 8, 9),
    "a number label on a text": lambda c: (c.rindex(b"\x04\0\0\0\x01\0\0\0\x02\0\0\0") + 8, 1),
    "a value that is not in the encoding": lambda c: (text_label_value(c), 0xE9),
    "a width without its further records": lambda c: (180, 100),
    "an impossible width": lambda c: (183, 0x80),
    "more cases than bytes": lambda c: (83, 3),
    "no byte order": lambda c: (65, 9),
}


@pytest.mark.parametrize("damage", CRASHES)
def test_sb_file_14_dictionaries_that_end_the_program(tmp_path, damage):
    content = bytearray(originals(tmp_path)[".sav"])
    at, value = CRASHES[damage](bytes(content))
    assert content[at] != value
    content[at] = value
    path = tmp_path / "x.sav"
    path.write_bytes(content)
    with pytest.raises(DamagedDictionary):
        check_dictionary(path)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert caught.value.problems[0].code == "SB-FILE-14"


def read_mutated(source, target, seed, times):
    """Change some bytes of a sound file, cut it at times, and read what is left."""
    whole, path, dice = Path(source).read_bytes(), Path(target), random.Random(seed)
    for _ in range(times):
        piece = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            piece[dice.randrange(len(piece))] = dice.randrange(256)
        if dice.random() < 0.3:
            piece = piece[: dice.randrange(1, len(piece))]
        path.write_bytes(bytes(piece))
        read_or_refuse(path)


@pytest.mark.parametrize("ending", [".parquet", ".sav", ".dta", ".por", ".xlsx"])
def test_mutated_files(tmp_path, ending):
    """In a process of its own, because the libraries behind these formats are written in C."""
    originals(tmp_path)
    times = "40" if ending == ".xlsx" else "100"
    command = [sys.executable, __file__, tmp_path / f"a{ending}", tmp_path / f"x{ending}", "7", times]
    here = {**os.environ, "PYTHONPATH": str(Path(securebase_analysis.__file__).parents[1])}
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, env=here)
    assert run.stdout.strip() == "all refused or read", f"exit {run.returncode}: {run.stderr[-2000:]}"


if __name__ == "__main__":
    read_mutated(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print("all refused or read")
