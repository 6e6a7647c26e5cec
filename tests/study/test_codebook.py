"""The codebook: the same in TOML, workbook and CSV; every rule it must keep; what it answers."""

from __future__ import annotations

import copy
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from securebase_analysis.errors import DataError
from securebase_analysis.study.codebook import make_codebook, whole_of
from securebase_analysis.study.codebook_columns import COLUMNS
from securebase_analysis.study.codebook_files import load_codebook, read_codebook, write_codebook

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
FORMS = ("book.toml", "book.xlsx", "book")

SMALL: dict = {
    "waves": [
        {"wave": 1, "label": "Start", "aliases": ["T1", "Baseline"], "months": 0},
        {"wave": 2, "label": "=After a year", "aliases": ["-T2", "@2"], "months": 12.5},
        {"wave": 10, "aliases": ["T10"]},
    ],
    "instruments": [
        {"instrument": "visit", "title": 'A "visit"\\ä', "informants": ["carer", "child"], "minimum_answered": 1},
        {"instrument": "total", "minimum_answered": 1, "rule": "sum", "metric": "raw", "rounding": "half up"},
    ],
    "items": [
        {"item": "a1", "instrument": "visit", "construct": "availability", "low": -2, "high": 2, "label": "'=1"},
        {"item": "a2", "instrument": "visit", "construct": "trust", "low": 0, "high": 4, "reversed": True},
        {"item": "a3", "instrument": "visit", "construct": "trust", "low": 0, "high": 4, "weight": 0.1},
        {"item": "f1", "instrument": "visit", "construct": "family_membership_foster", "low": 0, "high": 4},
        {"item": "f2", "instrument": "visit", "construct": "family_membership_birth", "low": 0, "high": 4},
        {"item": "s1", "instrument": "total", "construct": "part_one", "low": 0, "high": 1},
        {"item": "s2", "instrument": "total", "construct": "mean", "low": 0, "high": 1},
    ],
    "scales": [
        {"scale": "part_one", "instrument": "total"},
        {"scale": "mean", "instrument": "total", "better": "low"},
        {"scale": "total", "instrument": "total", "title": "Total", "sum_of": ["part_one", "mean"]},
    ],
    "missing_codes": [
        {"instrument": "*", "code": "-99", "reason": "refused"},
        {"instrument": "visit", "code": "007", "reason": "not asked"},
        {"instrument": "visit", "code": "NA", "reason": "not applicable"},
    ],
    "codes": [
        {"code": "Warm; close", "construct": "acceptance", "weight": 2, "description": "two\nlines"},
        {"code": "NA", "construct": "none", "polarity": "none"},
    ],
    "ratings": [{"rating": "trust", "construct": "trust", "low": 0, "high": 10, "not_applicable": "na"}],
    "coders": [{"coder": "C1", "aliases": ["c-one", "=C"]}],
    "bands": [
        {"scale": "total", "informant": "carer", "band": "low", "low": 0, "high": 1, "verified": True},
    ],
    "crosswalk": [{"version": "0.9", "old_code": "+old", "new_code": "NA"}],
}  # fmt: skip


@pytest.fixture
def tables():
    return copy.deepcopy(SMALL)


def problem_of(tables):
    """The only problem of a codebook made from these tables."""
    with pytest.raises(DataError) as raised:
        make_codebook("Small", "1", tables)
    assert len(raised.value.problems) == 1, str(raised.value)
    found = raised.value.problems[0]
    assert found.severity == "stop"
    assert found.table.startswith("codebook")
    assert found.fix
    return found


# --- on disk ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["small", "sdq", "secure_base_interview", "sample"])
def test_written_and_read_again_it_is_the_same(tmp_path, tables, name, form):
    known = {
        "small": lambda: make_codebook("Small", "1.10", tables),
        "sample": lambda: read_codebook(SAMPLE / "codebook.toml"),
    }
    codebook = known.get(name, lambda: load_codebook(name))()
    again = read_codebook(write_codebook(codebook, tmp_path / form))
    for table in COLUMNS:
        pd.testing.assert_frame_equal(again.tables[table], codebook.tables[table], obj=table)
    assert (again.name, again.version) == (codebook.name, codebook.version)
    assert again.fingerprint == codebook.fingerprint


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=12)


def as_many(strategy, table):
    """One value for each row of a table."""
    return st.lists(strategy, min_size=len(SMALL[table]), max_size=len(SMALL[table]))


@settings(max_examples=7, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    labels=as_many(TEXT, "items"),
    weights=as_many(st.floats(-1e6, 1e6), "items"),
    reasons=as_many(TEXT, "missing_codes"),
    months=as_many(st.one_of(st.none(), st.floats(0, 1e4)), "waves"),
)
def test_any_text_and_number_survives(tmp_path_factory, labels, weights, reasons, months):
    """Writing and reading takes longer than the texts do, so that each codebook holds many of them."""
    tables = {
        name: copy.deepcopy(SMALL[name]) for name in ("waves", "instruments", "items", "scales", "missing_codes")
    }
    for row, label, weight in zip(tables["items"], labels, weights):
        row |= {"label": label, "weight": weight}
    for row, reason in zip(tables["missing_codes"], reasons):
        row["reason"] = reason.strip() or "refused"
    for row, month in zip(tables["waves"], months):
        row["months"] = month
    codebook = make_codebook("Small", "1", tables)
    folder = tmp_path_factory.mktemp("books")
    for form in FORMS:
        assert read_codebook(write_codebook(codebook, folder / form)).fingerprint == codebook.fingerprint, form


def test_the_workbook_of_the_sample_is_its_toml():
    assert (
        read_codebook(SAMPLE / "codebook.xlsx").fingerprint == read_codebook(SAMPLE / "codebook.toml").fingerprint
    )


def test_nothing_in_a_workbook_runs_as_a_formula(tmp_path, tables):
    book = openpyxl.load_workbook(write_codebook(make_codebook("=Small", "1", tables), tmp_path / "book.xlsx"))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not (isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))), (
                    cell.value
                )
    folder = write_codebook(make_codebook("=Small", "1", tables), tmp_path / "book")
    for file in folder.iterdir():
        cells = pd.read_csv(file, dtype=str, keep_default_na=False).stack()
        assert not cells.str.match(r"[=+@]|-(?!\d+(\.\d+)?$)").any(), file.name


def test_tables_with_a_header_only_are_empty(tmp_path, tables):
    folder = write_codebook(make_codebook("Small", "1", tables), tmp_path / "book")
    (folder / "bands.csv").write_text(",".join(COLUMNS["bands"]) + "\n")
    assert read_codebook(folder).bands.empty


def test_a_codebook_typed_in_a_german_spreadsheet(tmp_path, tables):
    folder = write_codebook(make_codebook("Small", "1", tables), tmp_path / "book")
    items = pd.read_csv(folder / "items.csv", dtype=str, keep_default_na=False)
    items["weight"] = items["weight"].str.replace(".", ",")
    items.to_csv(folder / "items.csv", index=False, sep=";", encoding="utf-8-sig")
    assert read_codebook(folder).items["weight"].tolist()[2] == 0.1


def test_shipped_keys_are_added_by_name(tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_text('uses = ["sdq"]\nmissing_codes = [{ instrument = "sdq", code = "9", reason = "refused" }]\n')
    codebook = read_codebook(path)
    assert len(codebook.items_of("sdq")) == 25
    assert (codebook.name, codebook.version) == ("codebook", "1")
    path.write_text('uses = ["sqd"]\n')
    with pytest.raises(DataError) as raised:
        read_codebook(path)
    assert (raised.value.problems[0].code, raised.value.problems[0].fix) == ("SB-BOOK-12", "Write 'sdq'.")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("items = [", "SB-BOOK-14"),
        ("[items]\nitem = 1\n", "SB-BOOK-14"),
        ("itmes = [{ item = 'a' }]\n", "SB-BOOK-01"),
        ("color = 'red'\n", "SB-BOOK-01"),
    ],
)
def test_toml_that_is_none(tmp_path, text, code):
    path = tmp_path / "codebook.toml"
    path.write_text(text)
    with pytest.raises(DataError) as raised:
        read_codebook(path)
    assert [problem.code for problem in raised.value.problems] == [code]


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_bytes(b"\xff\xfe\x01")
    with pytest.raises(DataError, match="SB-BOOK-14"):
        read_codebook(path)


@pytest.mark.parametrize("name", ["nowhere.toml", "notes.docx"])
def test_files_that_are_no_codebook(tmp_path, name):
    if name.endswith("docx"):
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match="SB-BOOK-13"):
        read_codebook(tmp_path / name)
    with pytest.raises(DataError, match="SB-BOOK-13"):
        write_codebook(load_codebook("sdq"), tmp_path / "book.docx")


def test_a_folder_or_workbook_without_tables(tmp_path):
    with pytest.raises(DataError, match="SB-BOOK-15"):
        read_codebook(tmp_path)
    pd.DataFrame({"item": ["a"]}).to_excel(tmp_path / "book.xlsx", sheet_name="itmes", index=False)
    with pytest.raises(DataError) as raised:
        read_codebook(tmp_path / "book.xlsx")
    assert (raised.value.problems[0].code, raised.value.problems[0].fix) == ("SB-BOOK-01", "Rename it to 'items'.")


# --- every rule -------------------------------------------------------------------------------------------------


def test_01_a_table_nobody_reads():
    found = problem_of({"itmes": []})
    assert (found.code, found.fix) == ("SB-BOOK-01", "Rename it to 'items'.")


def test_02_a_column_nobody_reads(tables):
    tables["items"][0]["wieght"] = 2
    found = problem_of(tables)
    assert (found.code, found.column, found.fix) == ("SB-BOOK-02", "wieght", "Rename it to 'weight'.")


@pytest.mark.parametrize(
    ("table", "row", "column", "value"),
    [
        ("items", 1, "low", ""),
        ("items", 1, "low", "few"),
        ("items", 1, "high", "nan"),
        ("items", 1, "high", float("inf")),
        ("items", 1, "weight", [1]),
        ("items", 1, "reversed", "perhaps"),
        ("waves", 1, "wave", 1.5),
        ("waves", 1, "aliases", 3),
        ("instruments", 1, "rule", "median"),
        ("codes", 1, "polarity", "good"),
        ("missing_codes", 1, "reason", " "),
    ],
)
def test_03_cells_that_cannot_be_understood(tables, table, row, column, value):
    tables[table][row - 1][column] = value
    found = problem_of(tables)
    assert (found.code, found.table, found.column, found.rows) == (
        "SB-BOOK-03",
        f"codebook: {table}",
        column,
        (row,),
    )


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("waves", {"aliases": [], "label": ""}),
        ("instruments", {}),
        ("codes", {"weight": 3}),
        ("scales", {"title": "other"}),
        ("ratings", {"high": 5}),
        ("crosswalk", {}),
        ("coders", {"aliases": []}),
        ("missing_codes", {"reason": "other"}),
    ],
)
def test_04_the_same_thing_twice(tables, table, change):
    tables[table].append({**tables[table][0], **change})
    found = problem_of(tables)
    assert (found.code, found.table) == ("SB-BOOK-04", f"codebook: {table}")
    assert found.rows == (1, len(tables[table]))


def test_72_an_item_in_two_constructs_needs_weights(tables):
    tables["items"].append({**tables["items"][0], "construct": "trust"})
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-ITEM-11", "construct", (1, 8))
    assert "a1" in found.what
    tables["items"][0]["weight"] = tables["items"][-1]["weight"] = 0.5
    assert len(make_codebook("Small", "1", tables).items) == 8


@pytest.mark.parametrize("table", ["items", "scales", "missing_codes"])
def test_05_an_instrument_that_is_not_there(tables, table):
    tables[table][1]["instrument"] = "vissit"
    found = problem_of(tables)
    assert (found.code, found.table, found.rows) == ("SB-BOOK-05", f"codebook: {table}", (2,))
    assert "'visit'" in found.fix


@pytest.mark.parametrize("table", ["items", "codes", "ratings"])
def test_06_a_construct_that_is_not_there(tables, table):
    tables[table][0]["construct"] = "sensitivty"
    found = problem_of(tables)
    assert (found.code, found.table, found.rows) == ("SB-BOOK-06", f"codebook: {table}", (1,))
    assert found.fix == "Write 'sensitivity'."


@pytest.mark.parametrize(("table", "low"), [("items", 4), ("ratings", 11)])
def test_07_a_range_that_is_none(tables, table, low):
    tables[table][0]["low"] = low
    found = problem_of(tables)
    assert (found.code, found.rows) == ("SB-BOOK-07", (1,))


@pytest.mark.parametrize("fewest", [0, 3])
def test_08_more_answers_than_items(tables, fewest):
    tables["instruments"][0]["minimum_answered"] = fewest
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-08", "minimum_answered", (1,))


def test_09_a_code_for_missing_that_is_an_answer(tables):
    tables["missing_codes"].append({"instrument": "visit", "code": "4.0", "reason": "refused"})
    found = problem_of(tables)
    assert (found.code, found.rows) == ("SB-BOOK-09", (4,))
    tables["missing_codes"][-1]["instrument"] = "total"
    assert len(make_codebook("Small", "1", tables).missing_codes) == 4


@pytest.mark.parametrize("alias", ["t1", " Start ", "1", "1.0"])
def test_10_two_waves_of_one_name(tables, alias):
    tables["waves"][1]["aliases"] = [alias]
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-10", "aliases", (2,))


def test_11_a_sum_of_nothing(tables):
    tables["scales"][2]["sum_of"] = ["part_one", "part_two"]
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-11", "sum_of", (3,))


def test_16_two_coders_of_one_name(tables):
    tables["coders"].append({"coder": "C2", "aliases": ["C-One"]})
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-16", "aliases", (2,))


def test_17_a_crosswalk_to_nothing(tables):
    tables["crosswalk"][0]["new_code"] = "Warm; closer"
    found = problem_of(tables)
    assert (found.code, found.column, found.rows) == ("SB-BOOK-17", "new_code", (1,))
    assert "'Warm; close'" in found.fix


def test_all_problems_at_once(tables):
    tables["items"][0]["construct"] = "sensitivty"
    tables["scales"][2]["sum_of"] = ["nothing"]
    tables["waves"][1]["aliases"] = ["T1"]
    with pytest.raises(DataError) as raised:
        make_codebook("Small", "1", tables)
    assert {problem.code for problem in raised.value.problems} == {"SB-BOOK-06", "SB-BOOK-10", "SB-BOOK-11"}


# --- what it answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wave"),
    [(1, 1), ("1", 1), (1.0, 1), ("1.0", 1), (" t1 ", 1), ("start", 1), ("BASELINE", 1), ("=after a  year", 2)],
)
def test_waves_by_any_of_their_names(tables, name, wave):
    assert make_codebook("Small", "1", tables).wave_of(name) == wave


@pytest.mark.parametrize("name", ["T3", "", 3, "Wave 1", float("nan")])
def test_names_that_no_wave_has(tables, name):
    assert make_codebook("Small", "1", tables).wave_of(name) is None


def test_parts_count_for_their_whole(tables):
    codebook = make_codebook("Small", "1", tables)
    assert codebook.items_of("visit", "family_membership")["item"].tolist() == ["f1", "f2"]
    assert codebook.items_of("visit", "family_membership_birth")["item"].tolist() == ["f2"]
    assert codebook.constructs_of("visit") == [
        "availability",
        "family_membership",
        "trust",
        "family_membership_foster",
        "family_membership_birth",
    ]
    assert codebook.constructs_of("total") == ["part_one", "mean", "total"]
    assert whole_of("belonging_birth") == "belonging"
    assert whole_of("availability") == "availability"


def test_titles_for_people(tables):
    codebook = make_codebook("Small", "1", tables)
    assert codebook.title_of("cooperation") == "Co-operation"
    assert codebook.title_of("total") == "Total"
    assert codebook.title_of("part_one") == "Part one"


def test_the_rule_of_an_instrument(tables):
    rule = make_codebook("Small", "1", tables).rule_of("total")
    assert (rule["rule"], rule["rounding"], rule["metric"]) == ("sum", "half up", "raw")


def test_the_fingerprint_changes_with_any_cell(tables):
    first = make_codebook("Small", "1", tables).fingerprint
    assert make_codebook("Small", "1", copy.deepcopy(tables)).fingerprint == first
    assert make_codebook("Small", "2", tables).fingerprint != first
    tables["items"][1]["reversed"] = False
    assert make_codebook("Small", "1", tables).fingerprint != first


def test_combined_codebooks_keep_the_waves_of_the_first(tables):
    both = make_codebook("Small", "1", tables).combined_with(load_codebook("sdq"))
    assert both.waves["wave"].tolist() == [1, 2, 10]
    assert len(both.items_of("sdq")) == 25
    assert len(both.items_of("visit")) == 5
    assert both.name == "Small"
    with pytest.raises(DataError, match="SB-BOOK-04"):
        both.combined_with(load_codebook("sdq"))


def test_what_is_given_is_not_changed(tables):
    frame = pd.DataFrame(tables["waves"])
    before = frame.copy(deep=True)
    make_codebook("Small", "1", {"waves": frame})
    pd.testing.assert_frame_equal(frame, before)


def test_the_sdq_key_holds_no_wording():
    sdq = load_codebook("sdq")
    assert (sdq.items["label"] == "").all()
    assert sdq.items.loc[sdq.items["reversed"], "item"].tolist() == ["sdq7", "sdq11", "sdq14", "sdq21", "sdq25"]
    sizes = sdq.items.groupby("construct").size()
    assert (sizes == 5).all()
    assert len(sizes) == 5
