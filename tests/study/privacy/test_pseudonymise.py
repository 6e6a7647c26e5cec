"""A whole study under pseudonyms: nobody is in it any more, and every score is the same."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import securebase_analysis as sb
from securebase_analysis.study.privacy.key_file import read_key
from securebase_analysis.study.privacy.keyed_hash import hashed
from securebase_analysis.study.study import Study

PERSONAL = {
    "first_name": ["Nutmeg"] * 12,
    "contact": [f"bird{place}@example.org" for place in range(12)],
    "remark": [f"met bird {place} at home" for place in range(12)],
    "brother": ["siskin", *[""] * 11],
    "seen_on": ["03/04/2021"] * 12,
}
SORTED_BY = {
    "waves": ["site", "child", "wave"],
    "missing": ["site", "child", "wave", "instrument", "informant", "item"],
    "segments": ["source", "start", "end", "code", "coder"],
}
NUMBERED = {
    "entered": [20200300 + day for day in range(1, 13)],
    "case_file": [104300 + 7 * place for place in range(12)],
    "health_number": [9434765919, 9434765870, 4010232137] * 4,
}
KEPT = {"reviewed": ["2021-02-03"] * 12, "region": ["north", "south"] * 6, "visits": list(range(12))}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return sb.write_key(tmp_path_factory.mktemp("keys") / "cohort.key")


@pytest.fixture(scope="module")
def study() -> Study:
    return sb.simulate_study(n_children=40, n_waves=3, seed=3).study


@pytest.fixture(scope="module")
def hidden(study, key) -> Study:
    return sb.pseudonymise(study, key)


@pytest.fixture(scope="module")
def folder(hidden, tmp_path_factory) -> Path:
    return sb.write_study(hidden, tmp_path_factory.mktemp("hidden") / "study")


@pytest.fixture
def birds(cohort):
    """The small cohort of the tests of `read_study`, with names, remarks and memos beside it."""
    cohort.tables["children"] = cohort.tables["children"].assign(**PERSONAL, **KEPT)
    cohort.tables["waves"]["reason"] = "aunt Wren came"
    return cohort.read()


def everything_in(folder: Path) -> str:
    """Every text in a study folder, unpacked."""
    texts = []
    for file in folder.iterdir():
        if file.suffix == ".qdpx":
            with zipfile.ZipFile(file) as archive:
                texts += [name + archive.read(name).decode("utf-8", "ignore") for name in archive.namelist()]
        else:
            texts.append(file.read_text("utf-8"))
    return "\n".join(texts)


def mentions(words, text: str) -> list[str]:
    """The words that stand in a text as words."""
    found = set(re.findall(r"[\w@.\-]+", text.casefold()))
    return [word for word in words if str(word).casefold() in found]


def test_scores_are_the_same(study, hidden):
    key = ["construct", "informant", "instrument", "wave", "score", "std_error"]
    before, after = (
        sb.score_dimensions(one).frame[key].sort_values(key).reset_index(drop=True) for one in (study, hidden)
    )
    pd.testing.assert_frame_equal(before, after)


def test_written_and_read_again_it_is_the_same_study(hidden, folder):
    again = sb.read_study(folder, progress=False)
    for name in ("children", "placements", "sources", "ratings"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(hidden, name), check_dtype=False)
    for name, order in SORTED_BY.items():
        one, other = (getattr(each, name).sort_values(order, ignore_index=True) for each in (again, hidden))
        columns = [column for column in one if column != "segment"]  # numbers of places, in the order of rows
        pd.testing.assert_frame_equal(one[columns], other[columns], check_dtype=False)
    for name, frame in hidden.responses.items():
        pd.testing.assert_frame_equal(again.responses[name], frame)


def test_no_id_is_left_in_the_folder(study, folder):
    ids = [*study.children["child"], *study.carers["carer"], *study.sources["source"]]
    ids += [*study.ratings["rater"].dropna().unique(), *study.children["sibling_group"].dropna().unique()]
    ids += list(study.interviews.coders["coder"])
    said = everything_in(folder)
    assert mentions(ids, said) == []
    assert "Interview 0" not in said
    assert "Coder 1" not in said


def test_children_are_the_same_in_every_table(study, hidden, key):
    names = hashed(study.children["child"], read_key(key), "child", study.children["site"])
    assert sorted(names) == sorted(hidden.children["child"])
    assert names.tolist() == sb.pseudonyms(study.children["child"], key, site=study.children["site"]).tolist()
    for frame in (hidden.placements, hidden.waves, hidden.ratings, hidden.sources, *hidden.responses.values()):
        assert set(frame["child"]) <= set(names)
    assert set(hidden.placements["carer"].dropna()) <= set(hidden.carers["carer"])
    assert set(hidden.segments["source"]) == set(hidden.interviews.segments["source"])


def test_rows_stand_in_the_order_of_pseudonyms(hidden):
    for frame in (hidden.children, hidden.placements, hidden.ratings):
        assert frame[["site", "child"]].equals(
            frame[["site", "child"]].sort_values(["site", "child"], ignore_index=True)
        )


def test_ages_and_durations_stay(study, hidden, key):
    def days(one: Study) -> list[tuple[int, int]]:
        placed = one.placements.merge(one.children, on=["site", "child"])
        return sorted(
            zip(
                (placed["start"] - placed["birth_date"]).dt.days,
                (placed["end"] - placed["start"]).dt.days.fillna(-1),
            )
        )

    assert days(study) == days(hidden)
    assert not set(study.children["birth_date"].dt.strftime("%F")) >= set(
        hidden.children["birth_date"].dt.strftime("%F")
    )


def test_words_keep_their_shape_only(study, hidden):
    assert set("".join(hidden.segments["text"].dropna().head(200))) <= set("x0 .,'-?!:;\n’–()")
    assert hidden.sources["n_words"].sum() == study.sources["n_words"].sum()
    lengths = [sorted(one.segments["text"].str.len()) for one in (study, hidden)]
    assert lengths[0] == lengths[1]


def test_words_kept_when_asked(study, key):
    kept = sb.pseudonymise(study, key, texts="keep")
    assert sorted(kept.segments["text"]) == sorted(study.segments["text"])


def test_what_may_say_who_somebody_is_goes_and_is_told(birds, key, tmp_path):
    hidden = sb.pseudonymise(birds, key)
    (told,) = [problem for problem in hidden.problems if problem.code == "SB-ID-77"]
    assert (told.severity, told.table) == ("warn", "children")
    assert told.column == ", ".join(PERSONAL)
    assert told.fix
    assert set(KEPT) <= set(hidden.children)
    assert not set(PERSONAL) & set(hidden.children)
    assert (hidden.children["reviewed"] < "2021-02-03").all()
    assert told.sentence in hidden.notes
    assert "SB-ID-79" in [problem.code for problem in birds.problems]
    assert "SB-ID-79" not in [problem.code for problem in hidden.problems]
    said = everything_in(sb.write_study(hidden, tmp_path / "out"))
    assert mentions([*birds.children["child"], "Nutmeg", "Wren", "aunt", "K00", "SW1"], said) == []
    assert "example.org" not in said


def test_numbers_that_are_days_or_number_persons_go(cohort, key):
    cohort.tables["children"] = cohort.tables["children"].assign(
        **NUMBERED, income=[21000 + 500 * (place // 2) for place in range(12)], visits=range(12)
    )
    hidden = sb.pseudonymise(cohort.read(), key)
    (told,) = [problem for problem in hidden.problems if problem.code == "SB-ID-77"]
    assert told.column == ", ".join(NUMBERED)
    assert {"income", "visits"} <= set(hidden.children)
    assert not set(NUMBERED) & set(hidden.children)


def test_who_it_was_goes_and_words_that_stay_are_listed(cohort, key):
    cohort.tables["waves"] = cohort.tables["waves"].assign(
        assessor=["A. Wren", "B. Finch", "C. Crow"] * 12, social_worker=["yes", "no", ""] * 12, place_met="at home"
    )
    hidden = sb.pseudonymise(cohort.read(), key)
    assert not {"assessor"} & set(hidden.waves)
    assert {"social_worker", "place_met"} <= set(hidden.waves)
    (left,) = [problem for problem in hidden.problems if problem.code == "SB-ID-77"]
    assert (left.table, left.column) == ("waves", "assessor")
    (stays,) = [problem for problem in hidden.problems if problem.code == "SB-ID-80"]
    assert stays.severity == "note"
    assert stays.what == "1 column of the study's own kept the words: place_met (waves)."
    assert stays.fix.startswith("Look through them")


def test_what_the_program_says_about_codes_is_masked(cohort, key):
    study = cohort.read()
    codes = study.interviews.codes.assign(description="as when aunt Wren came")
    hidden = sb.pseudonymise(replace(study, interviews=replace(study.interviews, codes=codes)), key)
    assert set(hidden.interviews.codes["description"]) == {"xx xxxx xxxx xxxx xxxx"}


def test_what_was_done_is_told_without_an_id(birds, key):
    hidden = sb.pseudonymise(birds, key, weeks=10)
    done, longer = (next(p for p in hidden.problems if p.code == code) for code in ("SB-ID-76", "SB-ID-78"))
    assert "1 to 10 weeks" in done.done
    assert longer.severity == "warn"
    assert "12 placements last" in longer.what
    assert longer.fix
    assert mentions(birds.children["child"], "\n".join(hidden.notes)) == []


def test_what_seems_longer_is_told_again_by_the_files(folder, hidden):
    again = sb.read_study(folder, progress=False)
    assert again.weeks_moved == hidden.weeks_moved == 26
    assert [problem.severity for problem in again.problems if problem.code == "SB-ID-78"] == ["warn"]


def test_dates_stay_when_asked(birds, key):
    hidden = sb.pseudonymise(birds, key, weeks=0)
    assert sorted(hidden.placements["start"]) == sorted(birds.placements["start"])
    assert "SB-ID-78" not in [problem.code for problem in hidden.problems]


def test_nothing_given_is_changed(study, key):
    before = {name: getattr(study, name) for name in ("children", "placements", "segments")}
    sb.pseudonymise(study, key)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(getattr(study, name), frame)


def test_the_key_in_the_folder_of_the_study_is_refused(cohort, key):
    birds = cohort.read()
    inside = cohort.folder / "cohort.key"
    inside.write_bytes(key.read_bytes())
    with pytest.raises(sb.DataError, match="SB-ID-73"):
        sb.pseudonymise(birds, inside)


@pytest.mark.parametrize("weeks", [-1, 521, 1.5, True])
def test_shifts_that_are_none(birds, key, weeks):
    with pytest.raises(sb.DataError, match="SB-ID-75"):
        sb.pseudonymise(birds, key, weeks=weeks)


def test_a_folder_with_something_in_it_is_left_alone(birds, key, cohort):
    with pytest.raises(sb.DataError, match="SB-STUDY-12"):
        sb.write_study(sb.pseudonymise(birds, key), cohort.folder)


def test_a_study_without_interviews(cohort, key, tmp_path):
    del cohort.sections["[[interviews]]"], cohort.sections["[carers]"]
    hidden = sb.pseudonymise(cohort.read(), key)
    again = sb.read_study(sb.write_study(hidden, tmp_path / "out"), progress=False)
    pd.testing.assert_frame_equal(again.children, hidden.children, check_dtype=False)


@pytest.mark.parametrize(("code", "reason", "written"), [("66", "refused", "66"), ("77", "ill", "ill")])
def test_a_reason_that_only_a_file_declares_is_written(cohort, tmp_path, code, reason, written):
    cohort.tables["visit"].loc[0, "v1"] = 66
    study = cohort.read()
    study = replace(study, missing=study.missing.assign(code=code, reason=reason))
    again = sb.read_study(sb.write_study(study, tmp_path / "out"), progress=False)
    assert again.missing[["item", "code", "reason"]].values.tolist() == [["v1", written, reason]]
