"""`new_study`: an empty study that can be filled in and read."""

from __future__ import annotations

import pandas as pd
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.study.codebook_files import read_codebook
from securebase_analysis.study.starter import FILES, new_study
from securebase_analysis.study.study import check_study, read_study

FILLED = {
    "children": ["A", "c1", "female", "2012-05-04", "foster", ""],
    "carers": ["A", "k1"],
    "placements": ["A", "c1", "k1", "foster", "2020-01-02", "", ""],
    "waves": ["A", "c1", "1", "2021-01-02", "", "", ""],
    "responses": ["A", "c1", "1", "2021-01-02", *"345345"],
    "ratings": ["A", "c1", "1", "SW", "2021-01-02", "", "visit", *["7"] * 12],
}


def test_what_is_written_holds_together(tmp_path):
    folder = new_study(tmp_path / "ours")
    assert {file.name for file in folder.iterdir()} == {
        "study.toml",
        "codebook.toml",
        "README.txt",
        *FILES.values(),
    }
    codebook = read_codebook(folder / "codebook.toml")
    assert len(codebook.codes) > 20
    problems = check_study(folder, progress=False)
    assert {problem.code for problem in problems} == {"SB-FILE-21"}, "only that the tables are empty"


def test_filled_in_it_can_be_read(tmp_path):
    folder = new_study(tmp_path / "ours")
    for table, row in FILLED.items():
        header = (folder / FILES[table]).read_text().strip().split(",")
        pd.DataFrame([row], columns=header).to_csv(folder / FILES[table], index=False)
    study = read_study(folder, progress=False)
    assert len(study.children) == 1
    assert len(study.ratings) == 12
    assert study.waves["status"].tolist()[0] == "seen"


def test_the_readme_explains_every_file(tmp_path):
    text = (new_study(tmp_path / "ours") / "README.txt").read_text()
    for file in FILES.values():
        assert file in text
    assert "securebase check" in text
    assert max(map(len, text.splitlines())) <= 100


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(DataError) as raised:
        new_study(tmp_path)
    assert raised.value.problems[0].code == "SB-STUDY-12"
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.docx"]


def test_an_empty_folder_will_do(tmp_path):
    assert (new_study(tmp_path) / "study.toml").exists()
