"""What is warned of stands in the notes, on the page of the report and under the tables for Word."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from docx import Document
from small_cohort import SENTENCE, Cohort

import securebase_analysis as sb
from securebase_analysis.errors import Problem
from securebase_analysis.results.warnings_of_data import note_of_warnings, warnings_of
from securebase_analysis.show.report import page as report_page
from securebase_analysis.show.report import write as report_write

READ = {
    "SB-FILE-06": "a rater with the initials NA",
    "SB-FILE-09": "a mean under the answers",
    "SB-FILE-19": "a site with a blank after its name",
    "SB-ID-05": "answers of a child without a record",
    "SB-ID-06": "ids that look alike",
    "SB-ID-08": "one child under two ids",
    "SB-ID-10": "siblings with different carers",
    "SB-WAVE-05": "waves a few days apart",
    "SB-WAVE-06": "a wave held nearer to another",
    "SB-WAVE-08": "an age that does not fit the birth date",
    "SB-CODE-02": "a code without a dimension",
    "SB-CODE-17": "codes of an earlier codebook",
}
"""Cases that are told when a study is read."""
SCORED = {
    "SB-ITEM-10": "the same answer to every item",
    "SB-ITEM-15": "another informant at the next wave",
    "SB-CODE-13": "one code twice on overlapping text",
}
"""Cases that are told when it is scored."""
READ_OF_ANOTHER = {
    "SB-FILE-05": "ids with zeros in front",
    "SB-FILE-13": "a date long before the study",
    "SB-FILE-15": "codes that SPSS declares missing",
    "SB-FILE-17": "labels for the ends of a scale only",
    "SB-ITEM-05": "answers counted from another number at one wave",
    "SB-CODE-16": "how positions in transcripts are counted",
}
SCORED_OF_ANOTHER = {
    "SB-ITEM-13": "a total that disagrees with its items",
    "SB-CODE-18": "an interview that supplies most of all passages",
    "SB-ITEM-15": "another informant at the next wave",
}
"""The same for a study of which one file comes from SPSS and one interview is long."""


def spoil(cohort: Cohort) -> None:
    """Every fault above in one study; none of them stops."""
    tables = cohort.tables
    tables["ratings"]["rater"] = ["NA", "SW2"] * 6
    tables["waves"].loc[4, "date"] = "2021-03-25"
    tables["waves"].loc[10, "date"] = "2022-12-20"
    tables["waves"]["age"] = [9, 10, 11] * 12
    tables["waves"].loc[9, "age"] = 12
    tables["carers"].loc[5, "site"] = "brandon "
    tables["placements"].loc[2, "carer"] = "K04"
    tables["children"].loc[5, "birth_date"] = tables["children"].loc[7, "birth_date"]
    for column in ("start", "carer"):
        tables["placements"].loc[5, column] = tables["placements"].loc[7, column]
    visit = tables["visit"]
    visit.loc[20, "child"] = "linnet"
    visit.loc[2, "child"] = "kestreI"
    cohort.ids += ["linnet", "kestrei"]
    visit["v5"] = visit["v4"]
    fifth = {"item": "v5", "instrument": "visit", "construct": "trust", "low": 1, "high": 5}
    cohort.codebook["items"].append(fifth)
    visit["informant"] = ["carer", "teacher", "carer"] * 12
    visit.loc[[4, 5], ["v1", "v2", "v3", "v4", "v5"]] = 4
    mean = {name: ("Mean" if name == "site" else 3.1 if name in ("v1", "v2") else "") for name in visit}
    tables["visit"] = pd.concat([visit, pd.DataFrame([mean])], ignore_index=True)
    del cohort.sections["[[responses]]"]["informant"]
    more = [
        ("Interview 1", 10, 40, "Availability: there", "C1"),
        ("Interview 2", 59, 70, "Context", "C1"),
        ("Interview 3", 59, 70, "Warmth", "C2"),
    ]
    segments = pd.DataFrame(more, columns=cohort.segments.columns)
    cohort.segments = pd.concat([cohort.segments, segments], ignore_index=True)


class CodedElsewhere(Cohort):
    """Transcripts begin with a sign of two UTF-16 units; the program that coded them counts these."""

    def write(self) -> Path:
        written = super().write()
        project = written / "interviews.qdpx"
        with zipfile.ZipFile(project) as archive:
            parts = {name: archive.read(name).decode() for name in archive.namelist()}
        further = lambda found: f'{found[1]}="{int(found[2]) + 1}"'  # noqa: E731
        xml = parts["project.qde"].replace('origin="securebase_analysis"', 'origin="another program"')
        parts["project.qde"] = re.sub(r'((?:start|end)Position)="(\d+)"', further, xml)
        with zipfile.ZipFile(project, "w") as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
        return written


def spoil_another(cohort: Cohort) -> None:
    """Faults that one study cannot have beside those above; its answers come from SPSS."""
    numbered = {bird: f"0{place:02d}" for place, bird in enumerate(cohort.ids)}
    for name in cohort.tables:
        if "child" in cohort.tables[name]:
            cohort.tables[name]["child"] = cohort.tables[name]["child"].map(numbered)
    cohort.tables["ratings"]["date"] = ["1900-01-01", *["2021-03-20"] * 11]
    for item in cohort.codebook["items"]:
        item["low"] = 0
    answers = cohort.tables.pop("visit").drop(columns="date")
    items = ["v1", "v2", "v3", "v4"]
    answers[items] = answers[items].astype(float) - (answers[["wave"]] == 2).to_numpy()
    answers["trust_total"] = answers["v3"] + answers["v4"] + [4.0, *[0.0] * 35]
    answers.loc[[0, 5], "v1"] = [8.0, 9.0]
    answers["informant"] = ["carer", "teacher", "carer"] * 12
    del cohort.sections["[[responses]]"]["informant"]
    cohort.sections["[[responses]]"]["file"] = '"visit.sav"'
    pyreadstat.write_sav(
        answers,
        cohort.folder / "visit.sav",
        missing_ranges={"v1": [8, 9]},
        variable_value_labels={"v1": {8.0: "refused", 9.0: "not asked"}, "v2": {0.0: "never", 5.0: "always"}},
    )
    names = [f"Interview {place}" for place in range(1, 7)]
    texts = [f"\N{GRINNING FACE} {SENTENCE}"] * 5 + ["\N{GRINNING FACE} " + f"{SENTENCE} " * 20]
    cohort.sources = pd.DataFrame({"source": names, "text": texts})
    table = cohort.tables["interviews"]
    cohort.tables["interviews"] = pd.concat([table, table.assign(source=names[3:], wave=2)], ignore_index=True)
    places = [(name, 0) for name in names[3:]] + [(names[5], turn * (len(SENTENCE) + 1)) for turn in range(1, 20)]
    more = pd.DataFrame([(name, at, at + 32, "Availability: there", "C1") for name, at in places])
    more = more.set_axis(list(cohort.segments), axis=1)
    cohort.segments = pd.concat([cohort.segments, more], ignore_index=True)
    cohort.segments[["start", "end"]] += 2


Written = tuple[sb.Study, sb.Scores, str, str]
"""A study, its scores, the page of the report, and all text of its tables for Word."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    cohort = Cohort(tmp_path_factory.mktemp("faulty"))
    spoil(cohort)
    return report_of(cohort, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Written:
    cohort = CodedElsewhere(tmp_path_factory.mktemp("another"))
    spoil_another(cohort)
    return report_of(cohort, tmp_path_factory.mktemp("its report"))


def report_of(cohort: Cohort, folder: Path) -> Written:
    study = cohort.read()
    with pytest.MonkeyPatch.context() as patch:
        empty = lambda shown, number: report_page.Drawn(shown, number, b"", b"<svg/>")  # noqa: E731
        patch.setattr(report_write, "drawn", empty)
        page = sb.write_report(study, folder, n_resamples=20, progress=False)
    return (
        study,
        sb.score_dimensions(study),
        page.read_text("utf-8"),
        word_text((folder / "tables.docx").read_bytes()),
    )


def word_text(document: bytes) -> str:
    """Cells and paragraphs of a Word file."""
    opened = Document(io.BytesIO(document))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([*cells, *(paragraph.text for paragraph in opened.paragraphs)])


@pytest.mark.parametrize("code", READ, ids=READ.get)
def test_what_is_told_when_a_study_is_read(written, code):
    stands_on_the_page_as_read(written, code)


@pytest.mark.parametrize("code", READ_OF_ANOTHER, ids=READ_OF_ANOTHER.get)
def test_what_is_told_when_another_study_is_read(another, code):
    stands_on_the_page_as_read(another, code)


def stands_on_the_page_as_read(written: Written, code: str) -> None:
    study, _, page, word = written
    (note, *_) = [note for note in study.notes if code in note]
    (problem, *_) = [problem for problem in study.problems if problem.code == code]
    assert problem.severity in ("warn", "note")
    assert note.startswith(problem.what)
    assert code in page
    assert code in word


@pytest.mark.parametrize("code", SCORED, ids=SCORED.get)
def test_what_is_told_when_it_is_scored(written, code):
    stands_on_the_page_as_scored(written, code)


@pytest.mark.parametrize("code", SCORED_OF_ANOTHER, ids=SCORED_OF_ANOTHER.get)
def test_what_is_told_when_another_is_scored(another, code):
    stands_on_the_page_as_scored(another, code)


def stands_on_the_page_as_scored(written: Written, code: str) -> None:
    _, scores, page, word = written
    assert [note for note in scores.notes if code in note]
    assert code in page
    assert code in word


def test_every_warning_stands_under_the_answers_made_from_the_scores(written):
    study, scores, _, _ = written
    result = sb.fit_growth(scores, "trust ~ years")
    (note,) = [note for note in result.notes if note.startswith("Of the data: ")]
    warned = {problem.code for problem in (*study.problems, *scores.problems) if problem.severity == "warn"}
    assert len(warned) > 8
    assert warned <= {code for code in warned if code in note}
    assert note in word_text(sb.table_of(result).to_docx())
    assert "SB-ID-08" in sb.table_of(result).to_html()
    assert "SB-ID-08" in result.summary()


def test_no_child_is_named_on_the_page_or_in_the_tables(written):
    study, _, page, word = written
    for name in study.children["child"]:
        assert str(name) not in word
        assert str(name) not in page


def growth_panel() -> pd.DataFrame:
    random = np.random.default_rng(5)
    wave = np.tile([1, 2, 3], 40)
    years = np.tile([0.0, 0.5, 2.0], 40)
    trust = np.repeat(random.normal(50, 5, 40), 3) + years + random.normal(0, 2, 120)
    return pd.DataFrame({"child": np.repeat(np.arange(40), 3), "wave": wave, "years": years, "trust": trust})


def four_items(n: int = 120, **others: Any) -> pd.DataFrame:
    random = np.random.default_rng(6)
    trait = random.normal(size=(n, 1))
    return pd.DataFrame(trait + 0.7 * random.normal(size=(n, 4)), columns=list("abcd")).assign(**others)


def two_coders(first: list, second: list, **others: Any) -> pd.DataFrame:
    units = [*range(len(first))] * 2
    coders = ["A"] * len(first) + ["B"] * len(second)
    return pd.DataFrame({"unit": units, "coder": coders, "code": first + second, **others})


ANSWERS: dict[str, Callable[[], Any]] = {
    "SB-FILE-16": lambda: sb.assess_reliability(four_items(e=[1.0, 2.0, 999.0] * 40)),
    "SB-WAVE-10": lambda: sb.fit_growth(growth_panel().query("wave < 3"), "trust ~ years", random="years"),
    "SB-WAVE-12": lambda: sb.fit_growth(growth_panel(), "trust ~ wave"),
    "SB-ITEM-02": lambda: sb.assess_reliability(four_items().assign(b=lambda frame: -frame["b"])),
    "SB-ITEM-09": lambda: sb.assess_reliability(four_items(e=3.0)),
    "SB-ITEM-14": lambda: sb.assess_reliability(four_items()[["a", "b"]]),
    "SB-ITEM-16": lambda: sb.assess_reliability(
        pd.concat([four_items(14), four_items(14).add_suffix("2") + np.eye(14, 4)], axis=1)
    ),
    "SB-CODE-05": lambda: sb.assess_agreement(
        pd.concat([two_coders(list("xyxyxy"), list("xyxyyy"))] * 2, ignore_index=True).iloc[:13], n_resamples=0
    ),
    "SB-CODE-07": lambda: sb.assess_agreement(
        two_coders(list("xyxyxy") * 3, list("xyxyyy") * 3, child=[1, 2] * 18), n_resamples=50
    ),
    "SB-CODE-09": lambda: sb.assess_agreement(
        two_coders(["no"] * 96 + ["yes"] * 4, ["no"] * 94 + ["yes"] * 3 + ["no"] * 2 + ["yes"]), n_resamples=0
    ),
    "SB-CODE-19": lambda: sb.assess_agreement(two_coders(list("xyxyxz"), list("xyxyxy")), n_resamples=0),
    "SB-CODE-20": lambda: sb.assess_agreement(two_coders([0, 1, 2, 1, 0, 2], [0, 1, 2, 2, 0, 2]), n_resamples=0),
}


@pytest.mark.parametrize("code", ANSWERS)
def test_what_is_told_by_an_answer_stands_under_its_tables(code, tmp_path: Path):
    result = ANSWERS[code]()
    (note, *_) = [note for note in result.notes if code in note]
    assert note in result.summary()
    table = sb.table_of(result, number=1)
    assert note in word_text(sb.write_table(table, tmp_path / "table.docx").read_bytes())
    assert code in sb.write_table(table, tmp_path / "table.html").read_text("utf-8")


def test_a_total_that_disagrees_is_told_with_the_scores_and_under_what_is_made_of_them(written):
    book = written[0].codebook
    random = np.random.default_rng(7)
    answers = pd.DataFrame(random.integers(1, 6, (90, 5)), columns=["v1", "v2", "v3", "v4", "v5"])
    who = {"child": np.repeat(np.arange(30), 3), "wave": np.tile([1, 2, 3], 30), "trust": 0.0}
    scores = sb.score_dimensions(answers.assign(**who), book)
    assert any("SB-ITEM-13" in note for note in scores.notes)
    result = sb.relate_dimensions(scores, ["trust", "availability"])
    (note,) = [note for note in result.notes if "SB-ITEM-13" in note]
    assert note in word_text(sb.table_of(result).to_docx())


def test_a_warning_is_said_once_and_notes_are_not_warnings():
    warned, note = Problem("SB-ID-05", "warn", "One."), Problem("SB-FILE-04", "note", "Two.")
    data = type("Told", (), {"problems": (warned, note, warned), "told_before": (warned,)})
    assert warnings_of(data) == (warned,)
    assert note_of_warnings([warned], said=[warned.sentence]) == ()
    assert note_of_warnings([warned]) == ("Of the data: One (SB-ID-05).",)
    assert warnings_of(pd.DataFrame({"problems": [[1], [2]]})) == ()
