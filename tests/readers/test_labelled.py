"""SPSS and Stata files, against files that the authors of pyreadstat published and files written here."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from securebase_analysis.errors import DataError
from securebase_analysis.readers.labelled import NO_REASON
from securebase_analysis.readers.tables import read_table

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "spss_stata"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the published sample files are not at {SAMPLES}")


def expected_csv(name):
    """A published CSV of expected values, in the types of the file; #NULL! is missing."""
    raw = pd.read_csv(SAMPLES / name, dtype="str", keep_default_na=False, na_values=["#NULL!", ""])
    for column in ("mynum", "mylabl", "myord"):
        raw[column] = raw[column].astype("float64")
    for column in ("mydate", "dtime"):
        raw[column] = pd.to_datetime(raw[column].str[:10] if column == "mydate" else raw[column], format="ISO8601")
    raw["mytime"] = raw["mytime"].str.zfill(15).str[:8]
    return raw


def notes(table, code):
    return [note for note in table.assumptions if note.code == code]


@needs_samples
def test_missing_cells_equal_the_published_default_reading():
    table = read_table(SAMPLES / "sample_missing.sav", missing_ranges="apply")
    pd.testing.assert_frame_equal(table.frame, expected_csv("sample_missing.csv"), check_dtype=False)


@needs_samples
def test_values_and_codes_together_equal_the_published_user_missing_reading():
    table = read_table(SAMPLES / "sample_missing.sav", missing_ranges="apply")
    expected = expected_csv("sample_missing_user.csv")
    rebuilt = table.frame.copy()
    for cell in table.missing.itertuples():
        rebuilt.loc[cell.row - 1, cell.column] = float(cell.code)
    pd.testing.assert_frame_equal(rebuilt, expected, check_dtype=False)
    assert [tuple(cell) for cell in table.missing.itertuples(index=False)] == [
        (6, "mylabl", "-1", "undetermined"),
        (6, "mynum", "-1", NO_REASON),
        (6, "myord", "-1", "missing"),
        (7, "mynum", "2500", NO_REASON),
        (7, "myord", "-3", NO_REASON),
    ]


@needs_samples
@pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("*.sav")) + sorted(SAMPLES.glob("*.dta")), ids=lambda p: p.name
)
def test_labels_equal_the_metadata_of_the_file(path):
    read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    raw, meta = read(path, user_missing=True)
    table = read_table(path, missing_ranges="apply")
    assert list(table.frame.columns) == meta.column_names
    assert len(table.frame) == len(raw)
    assert table.labels == {name: label for name, label in meta.column_names_to_labels.items() if label}
    assert table.value_labels == meta.variable_value_labels
    for cell in table.missing.itertuples():
        assert pd.isna(table.frame.loc[cell.row - 1, cell.column])
        value = raw.loc[cell.row - 1, cell.column]
        assert str(value).removesuffix(".0") == cell.code.removeprefix(".")
        assert cell.reason == meta.variable_value_labels.get(cell.column, {}).get(value, NO_REASON)


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.sav")), ids=lambda p: p.name)
def test_default_missing_cells_equal_those_of_pyreadstat(path):
    default, _ = pyreadstat.read_sav(path)
    table = read_table(path, missing_ranges="apply")
    empty_text = default.eq("")
    np.testing.assert_array_equal(table.frame.isna(), default.isna() | empty_text)


@needs_samples
def test_sb_file_15_a_range_is_never_applied_blindly():  # (15)
    path = SAMPLES / "simple_alltypes.sav"
    with pytest.raises(DataError) as caught:
        read_table(path)
    stop = next(problem for problem in caught.value.problems if problem.severity == "stop")
    assert (stop.code, stop.column, stop.rows) == ("SB-FILE-15", "z", (1,))
    assert "-999 to 0" in stop.what
    assert "-9 in 1 row" in stop.what
    assert "missing_ranges='apply'" in stop.fix
    assert "missing_ranges='ignore'" in stop.fix
    (kept,) = (one for one in caught.value.problems if (one.code, one.severity) == ("SB-FILE-15", "note"))
    assert "z" in kept.column.split(", ")
    assert 4 in kept.rows
    ignored = read_table(path, missing_ranges="ignore")
    assert ignored.frame.loc[0, "z"] == -9
    assert ("z", "999", "skipped") in set(zip(*(ignored.missing[name] for name in ("column", "code", "reason"))))
    assert pd.isna(read_table(path, missing_ranges="apply").frame.loc[0, "z"])


@needs_samples
def test_stata_letters_keep_their_reason():
    table = read_table(SAMPLES / "missing_test.dta")
    assert table.missing["code"].tolist() == [".a", ".b", ".c", ".x", ".y", ".z"]
    assert table.missing["reason"].tolist() == ["missing", *[NO_REASON] * 5]
    assert set(map(str, table.frame.dtypes)) == {"float64"}


@needs_samples
def test_text_declared_missing_in_spss():
    table = read_table(SAMPLES / "missing_char.sav")
    assert table.frame["mychar"].isna().tolist() == [True, False]
    assert table.missing["code"].tolist() == ["Z"]


@needs_samples
def test_quarters_are_dates_not_seconds():
    table = read_table(SAMPLES / "simple_alltypes.sav", missing_ranges="apply")
    assert table.frame["quarter"].dt.strftime("%Y-%m").tolist() == ["2014-10"] * 4 + ["2015-01"] * 2


# --- files written here -----------------------------------------------------------------------------------------

ANSWERS = pd.DataFrame({"child": ["007", "008", "009", "010"], "q1": [0.0, 2.0, 99.0, 98.0]})


def write_sav(folder, frame=ANSWERS, **options):
    path = folder / "carer.sav"
    pyreadstat.write_sav(frame, path, **options)
    return path


def test_sb_file_15_declared_codes_are_missing_with_their_reason(tmp_path):  # (15)
    labels = {"q1": {99.0: "Refused", 98.0: "Not asked"}}
    table = read_table(
        write_sav(
            tmp_path, variable_value_labels=labels, missing_ranges={"q1": [98.0, 99.0]}, column_labels=["", "Q"]
        )
    )
    assert table.frame["q1"].tolist()[:2] == [0.0, 2.0]
    assert table.missing.to_dict("list") == {
        "row": [3, 4],
        "column": ["q1", "q1"],
        "code": ["99", "98"],
        "reason": ["Refused", "Not asked"],
    }
    (note,) = notes(table, "SB-FILE-15")
    assert (note.severity, note.column, note.rows) == ("note", "q1", (3, 4))
    assert "99 'Refused' in 1 cell" in note.what
    assert table.labels == {"q1": "Q"}
    assert table.frame["child"].tolist() == ["007", "008", "009", "010"]


def test_sb_file_15_a_range_that_would_swallow_a_zero(tmp_path):
    path = write_sav(tmp_path, missing_ranges={"q1": [{"lo": -999.0, "hi": 0.0}]})
    with pytest.raises(DataError) as caught:
        read_table(path)
    (problem,) = caught.value.problems[:1]
    assert (problem.code, problem.rows) == ("SB-FILE-15", (1,))
    assert "0 in 1 row" in problem.what
    assert "007" not in str(caught.value)
    assert read_table(path, missing_ranges="ignore").frame["q1"].tolist()[0] == 0


def test_a_range_whose_values_all_have_labels_applies(tmp_path):
    path = write_sav(
        tmp_path,
        variable_value_labels={"q1": {99.0: "Refused", 98.0: "Not asked"}},
        missing_ranges={"q1": [{"lo": 90.0, "hi": 99.0}]},
    )
    assert read_table(path).missing["reason"].tolist() == ["Refused", "Not asked"]


def test_sb_file_17_labels_for_the_ends_only(tmp_path):  # (17)
    frame = pd.DataFrame({"q4": [1.0, 3.0, 5.0, 2.0]})
    table = read_table(write_sav(tmp_path, frame, variable_value_labels={"q4": {1.0: "never", 5.0: "always"}}))
    (note,) = notes(table, "SB-FILE-17")
    assert (note.severity, note.column, note.rows) == ("warn", "q4", (2, 4))
    assert "1, 5 only" in note.what
    assert table.frame["q4"].tolist() == [1, 3, 5, 2]


def test_sb_file_17_labels_of_missing_codes_alone_are_in_order(tmp_path):
    options = {"variable_value_labels": {"q1": {99.0: "Refused"}}, "missing_ranges": {"q1": [99.0]}}
    assert notes(read_table(write_sav(tmp_path, **options)), "SB-FILE-17") == []


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta", ".por"])
def test_every_ending_is_read(tmp_path, ending):
    path = tmp_path / f"carer{ending}"
    write = {".dta": pyreadstat.write_dta, ".por": pyreadstat.write_por}.get(ending, pyreadstat.write_sav)
    write(ANSWERS, path, **({"compress": True} if ending == ".zsav" else {}))
    table = read_table(path)
    frame = table.frame.rename(columns=str.lower)
    assert frame["child"].tolist() == ["007", "008", "009", "010"]
    assert frame["q1"].tolist() == [0, 2, 99, 98]


def test_stata_missing_beside_numbers_and_dates_is_numeric(tmp_path):
    path = tmp_path / "carer.dta"
    frame = pd.DataFrame({"child": ["a", "b", "c"], "q1": [1, 2, "a"]}).astype({"q1": object})
    pyreadstat.write_dta(
        frame, path, missing_user_values={"q1": ["a"]}, variable_value_labels={"q1": {"a": "refused"}}
    )
    table = read_table(path)
    assert table.frame["child"].tolist() == ["a", "b", "c"]
    assert table.frame["q1"].tolist()[:2] == [1, 2]
    assert str(table.frame["q1"].dtype) == "float64"
    assert table.missing.iloc[0].tolist() == [3, "q1", ".a", "refused"]


def test_sb_file_14_damaged_file(tmp_path):  # (14)
    path = write_sav(tmp_path)
    path.write_bytes(path.read_bytes()[:120])
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert caught.value.problems[0].code == "SB-FILE-14"


def test_sb_file_21_no_rows(tmp_path):  # (21)
    with pytest.raises(DataError) as caught:
        read_table(write_sav(tmp_path, ANSWERS.iloc[:0]))
    assert caught.value.problems[0].code == "SB-FILE-21"


def test_sb_file_15_a_labelled_answer_in_a_range_that_reaches_zero_is_asked_about(tmp_path):
    path = tmp_path / "range.sav"
    frame = pd.DataFrame({"q1": [0.0, 1.0, -999.0]})
    lowest = -1.7976931348623157e308
    labels = {"q1": {0: "Not true", 1: "True", -999: "refused"}}
    pyreadstat.write_sav(
        frame, str(path), variable_value_labels=labels, missing_ranges={"q1": [{"lo": lowest, "hi": 0}]}
    )
    with pytest.raises(DataError) as caught:
        read_table(path)
    (stop,) = (problem for problem in caught.value.problems if problem.severity == "stop")
    assert (stop.code, stop.column, stop.rows) == ("SB-FILE-15", "q1", (1,))
    assert "everything up to 0" in stop.what
    ignored = read_table(path, missing_ranges="ignore")  # the answer comes back, the refusal does not
    assert ignored.frame["q1"].fillna(-1).tolist() == [0, 1, -1]
    assert ignored.missing["reason"].tolist() == ["refused"]
    assert read_table(path, missing_ranges="apply").frame["q1"].isna().tolist() == [True, False, True]
