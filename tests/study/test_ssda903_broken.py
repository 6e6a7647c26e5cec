"""The sample return, broken on purpose: every broken row is named, every row accounted for, no id told."""

from __future__ import annotations

import csv
import io
import random
import warnings
from pathlib import Path

import pytest
from broken_returns import FAULTS, Files, Told

from securebase_analysis.study.spells import PlacementHistory, placement_history
from securebase_analysis.study.ssda903 import SSDA903, read_ssda903
from securebase_analysis.study.stability import placement_stability

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "ssda903_csdemand_2017_2021"
YEARS = ("2020", "2021")
pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample returns (../shared/samples) are not here")


@pytest.fixture(scope="module")
def sample() -> Files:
    """Two years of the sample as cells; ids with a letter in front, which no other number can be."""
    files = {}
    for path in sorted(SAMPLE.glob("*.csv")):
        if path.name[:4] in YEARS and path.stat().st_size > 10:
            lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
            files[path.name] = [lines[0], *([f"QZ{line[0]}", *line[1:]] for line in lines[1:])]
    return files


@pytest.fixture(scope="module")
def ids(sample) -> set[str]:
    return {line[0] for name, lines in sample.items() for line in lines[1:]}


def read_broken(files: Files, folder: Path) -> SSDA903:
    """The files written and read; a warning of Python counts as a crash."""
    for name, lines in files.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_ssda903(folder)


def rows_told(returns: SSDA903, told: Told) -> set[int]:
    """All rows that are named under a code, in a file and a column."""
    found = [
        one for one in returns.problems if (one.code, one.table, one.column) == (told.code, told.file, told.column)
    ]
    return {row for one in found for row in one.rows}


def is_accounted_for(returns: SSDA903, files: Files) -> PlacementHistory:
    """Rows read are those kept, those replaced and those left out; spells use all but what they set aside."""
    left_out = "summary rows|without a single cell|stand again"
    n_lines = sum(len(lines) - 1 for name, lines in files.items() if name.endswith("episodes.csv"))
    mine = returns.repairs[returns.repairs["table"] == "episodes"]
    n_left_out = mine.loc[mine["what"].str.contains(left_out), "n_rows"].sum()
    n_replaced = mine.loc[mine["what"].str.match("rows (that|exactly|with the same)"), "n_rows"].sum()
    assert n_lines == len(returns.episodes) + n_replaced + n_left_out
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = placement_history(returns)
        stability = placement_stability(history, ["any_change", "carer_change", "childrens_commissioner"])
    assert len(history.episodes) + len(history.set_aside) == len(returns.episodes)
    assert history.spells["n_rows"].sum() == len(history.episodes)
    assert (stability.frame["count"] <= stability.frame["children"]).all()
    return history


def names_no_child(returns: SSDA903, history: PlacementHistory, ids: set[str]) -> None:
    """No id in any text that a person may see."""
    texts = [*map(str, (*returns.problems, *history.problems)), *returns.notes, *history.notes, repr(returns)]
    seen = "\n".join([*texts, returns._repr_html_(), history._repr_html_(), str(returns.repairs)])
    assert "QZ" not in seen
    assert not any(one in seen for one in ids)


@pytest.fixture(scope="module")
def whole(sample, tmp_path_factory) -> SSDA903:
    """What is told of the sample before anything is broken."""
    return read_broken(sample, tmp_path_factory.mktemp("whole"))


def test_the_sample_as_it_is_is_accounted_for(sample, whole, ids):
    names_no_child(whole, is_accounted_for(whole, sample), ids)


@pytest.mark.parametrize("name", FAULTS)
def test_every_broken_row_is_named(sample, whole, ids, tmp_path, name):
    rng = random.Random(name)
    files = {file: [list(line) for line in lines] for file, lines in sample.items()}
    expected = FAULTS[name](files, rng)
    returns = read_broken(files, tmp_path)
    for told in expected:
        assert told.rows
        already = rows_told(whole, told)
        assert rows_told(returns, told) - already == set(told.rows) - already
        one = next(one for one in returns.problems if one.code == told.code and one.table == told.file)
        assert one.done
    names_no_child(returns, is_accounted_for(returns, files), ids)


@pytest.mark.parametrize("seed", range(4))
def test_many_faults_at_once(sample, ids, tmp_path, seed):
    """Faults on top of one another: no crash, all rows accounted for, each fault still told."""
    rng = random.Random(seed)
    files = {file: [list(line) for line in lines] for file, lines in sample.items()}
    late = {"half rows", "wide rows", "a row twice", "a row twice, not the same"}
    chosen = rng.sample([name for name in FAULTS if name not in late], 12) + sorted(late)
    codes = set()
    for name in chosen:
        codes |= {told.code for told in FAULTS[name](files, rng)}
    returns = read_broken(files, tmp_path)
    assert codes <= {one.code for one in returns.problems}
    names_no_child(returns, is_accounted_for(returns, files), ids)
