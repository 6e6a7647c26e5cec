"""The key stays outside, pseudonyms and shifts follow from it and from nothing else."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase_analysis.errors import DataError, ModelError
from securebase_analysis.readers.look_alikes import alike
from securebase_analysis.study.privacy.key_file import read_key, write_key
from securebase_analysis.study.privacy.keyed_hash import LETTERS, SIGNS, hashed, pseudonyms, shift_dates

KEY = bytes(range(32))


@pytest.fixture
def key(tmp_path):
    return write_key(tmp_path / "cohort.key")


def refused(code: str, call, *given, **options):
    """The only problem with which a call is refused."""
    with pytest.raises(DataError) as stopped:
        call(*given, **options)
    (problem,) = stopped.value.problems
    assert problem.code == code
    assert problem.fix
    return problem


# --- the key ----------------------------------------------------------------------------------------------------


def test_a_key_is_new_each_time_and_read_again(tmp_path):
    first, second = (read_key(write_key(tmp_path / name)) for name in ("a.key", "b.key"))
    assert len(first) == len(second) == 32
    assert first != second


@pytest.mark.skipif(sys.platform == "win32", reason="owners of files are told otherwise there")
def test_only_its_owner_may_read_a_key(key):
    assert os.stat(key).st_mode & 0o077 == 0


def test_a_key_is_never_written_over(key):
    before = key.read_bytes()
    assert "there already" in refused("SB-ID-74", write_key, key).what
    assert key.read_bytes() == before


def test_a_key_for_which_there_is_no_folder(tmp_path):
    assert "cannot be written" in refused("SB-ID-74", write_key, tmp_path / "not there" / "cohort.key").what


@pytest.mark.parametrize("place", ["cohort.key", "keys/cohort.key"])
def test_a_key_inside_a_study_folder_is_refused(tmp_path, place):
    (tmp_path / "study.toml").write_text("", encoding="utf-8")
    (tmp_path / "keys").mkdir()
    problem = refused("SB-ID-73", write_key, tmp_path / place)
    assert not (tmp_path / place).exists()
    assert str(tmp_path) not in str(problem)


def test_a_link_into_a_study_folder_is_refused(tmp_path, key):
    study = tmp_path / "study"
    study.mkdir()
    (study / "study.toml").write_text("", encoding="utf-8")
    os.replace(key, study / "cohort.key")
    key.symlink_to(study / "cohort.key")
    refused("SB-ID-73", read_key, key)


def test_a_link_in_a_study_folder_is_refused_too(tmp_path, key):
    """A copy of the folder would hold what the link leads to."""
    study = tmp_path / "study"
    study.mkdir()
    (study / "study.toml").write_text("", encoding="utf-8")
    (study / "link.key").symlink_to(key)
    refused("SB-ID-73", read_key, study / "link.key")


def test_a_key_that_an_editor_saved_again_is_read(tmp_path):
    file = tmp_path / "cohort.key"
    for content in (b"\xef\xbb\xbf%s", b"%s\r\n", b"# a remark\r\n\r\n  %s  "):
        file.write_bytes(content % KEY.hex().encode())
        assert read_key(file) == KEY


def test_a_key_that_cannot_be_read_is_not_carried_by_the_error(tmp_path):
    file = tmp_path / "cohort.key"
    file.write_bytes(KEY.hex().encode("utf-16"))
    with pytest.raises(DataError) as stopped:
        read_key(file)
    error = stopped.value
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("given", [None, KEY, 7])
def test_what_is_no_file_of_a_key(given):
    with pytest.raises(ModelError, match="not the name of a file") as stopped:
        pseudonyms(pd.Series(["C01"]), given)
    assert KEY.hex() not in str(stopped.value)


def test_what_is_no_column(key):
    with pytest.raises(ModelError, match="ids is a list"):
        pseudonyms(["C01"], key)
    with pytest.raises(ModelError, match="dates is a list"):
        shift_dates(["2021-03-01"], pd.Series(["C01"]), key)


def test_the_folder_of_the_study_counts_without_its_file(tmp_path, key):
    refused("SB-ID-73", read_key, key, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"# only words\n", b"secret", b"00" * 32, b"ab" * 31, b"\xff\xfe" * 40,
     b"0123456789abcdef" * 4 + b"\n" + b"12" * 32],
)  # fmt: skip
def test_what_is_no_key(tmp_path, content):
    file = tmp_path / "cohort.key"
    file.write_bytes(content)
    problem = refused("SB-ID-74", read_key, file)
    assert "holds no key" in problem.what


def test_no_file_of_a_key(tmp_path):
    assert "cannot be read" in refused("SB-ID-74", read_key, tmp_path / "nowhere.key").what


# --- pseudonyms -------------------------------------------------------------------------------------------------


def test_the_pseudonym_is_the_keyed_hash_and_nothing_else():
    """Worked out here from RFC 2104: the hash as a number, its digits to the bases 20 and 27."""
    parts = [b"child", b"Leeds", b"C01"]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    number = int(hmac.new(KEY, message, hashlib.sha256).hexdigest(), 16)
    expected = LETTERS[number % 20]
    number //= 20
    for _ in range(11):
        expected += SIGNS[number % 27]
        number //= 27
    assert hashed(pd.Series(["C01"]), KEY, "child", "Leeds").tolist() == [expected]


def test_the_same_child_has_one_pseudonym_in_every_file(key):
    spellings = [
        pd.Series(["12 ", " 12"]),
        pd.Series(["12\u200b", "\ufeff12\u00a0"]),
        pd.Series([12, 12]),
        pd.Series([12.0, 12.0]),
        pd.Series(["12"] * 2, dtype="category"),
    ]
    assert len({name for ids in spellings for name in pseudonyms(ids, key)}) == 1


def test_leading_zeros_kind_and_site_count(key):
    ids = pd.Series(["012", "12", "12", "12"], index=[7, 3, 5, 1], name="child")
    sites = pd.Series(["Leeds", "Leeds", "Hull", None], index=ids.index)
    names = pseudonyms(ids, key, site=sites)
    assert names.index.tolist() == [7, 3, 5, 1]
    assert names.name == "child"
    assert names.is_unique
    assert not set(names) & set(pseudonyms(ids, key, kind="carer", site=sites))


def test_no_id_no_pseudonym(key):
    assert pseudonyms(pd.Series(["C1", None, " ", np.nan]), key).isna().tolist() == [False, True, True, True]
    assert pseudonyms(pd.Series([], dtype="str"), key).tolist() == []


def test_another_key_gives_other_pseudonyms(tmp_path, key):
    ids = pd.Series([f"C{number}" for number in range(200)])
    assert not set(pseudonyms(ids, key)) & set(pseudonyms(ids, write_key(tmp_path / "other.key")))


def test_many_ids_stay_apart_even_on_paper():
    names = hashed(pd.Series(range(20_000)), KEY, "child")
    assert names.is_unique
    assert names.str.fullmatch(f"[{LETTERS}][{SIGNS}]{{11}}").all()
    assert not alike(pd.Index(names)).any()


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_site_and_id_do_not_run_together(site, word, other_site, other_word):
    """Only the same site and id share a pseudonym; blanks around them and forms of accents do not count."""
    same = [unicodedata.normalize("NFC", text.strip()) for text in (site, word)] == [
        unicodedata.normalize("NFC", text.strip()) for text in (other_site, other_word)
    ]
    first, second = hashed(pd.Series([word, other_word]), KEY, "child", pd.Series([site, other_site])).fillna("")
    assert (first == second) == (same or not (word.strip() or other_word.strip()))


def test_as_many_sites_as_ids(key):
    refused("SB-ID-75", pseudonyms, pd.Series(["1", "2"]), key, site=pd.Series(["Leeds"]))


# --- dates ------------------------------------------------------------------------------------------------------


def test_distances_within_a_child_and_the_day_of_the_week_stay(key):
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"child": rng.integers(0, 60, 600).astype(str)})
    frame["date"] = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 1500, 600), unit="D")
    moved = shift_dates(frame["date"], frame["child"], key, weeks=20)
    back = (frame["date"] - moved).dt.days
    assert back.groupby(frame["child"]).nunique().eq(1).all()
    assert set(back) <= {7 * week for week in range(1, 21)}
    assert back.nunique() > 12  # 60 children over 20 shifts
    assert (moved.dt.day_of_week == frame["date"].dt.day_of_week).all()


def test_shifts_are_spread_evenly():
    from securebase_analysis.study.privacy.keyed_hash import days_back

    days = days_back(pd.Series(range(26_000)), KEY, "", 26).dt.days
    counts = days.value_counts()
    assert len(counts) == 26
    assert ((counts - 1000) ** 2 / 1000).sum() < 60  # chi-square on 25 df; 60 is its 0.9999 quantile


def test_the_shift_of_a_child_is_that_of_its_site(key):
    dates, ids = pd.Series(["2021-03-01"] * 40), pd.Series(["1"] * 40)
    sites = pd.Series([f"site {number}" for number in range(40)])
    assert shift_dates(dates, ids, key, site=sites).nunique() > 5


def test_no_id_or_no_date_no_date(key):
    moved = shift_dates(pd.Series(["2021-03-01", None, "2021-03-01"]), pd.Series(["1", "1", None]), key)
    assert moved.isna().tolist() == [False, True, True]


def test_what_is_no_date_is_refused_without_quoting_it(key):
    problem = refused(
        "SB-ID-75", shift_dates, pd.Series(["2021-03-01", "Billie"], name="start"), pd.Series(["1", "2"]), key
    )
    assert (problem.column, problem.rows) == ("start", (2,))
    assert "Billie" not in str(problem)


def test_as_many_ids_as_dates(key):
    refused("SB-ID-75", shift_dates, pd.Series(["2021-03-01"]), pd.Series(["1", "2"]), key)


@pytest.mark.parametrize("weeks", [0, -3, 521, 2.5, True, "26"])
def test_shifts_that_are_none(key, weeks):
    refused("SB-ID-75", shift_dates, pd.Series(["2021-03-01"]), pd.Series(["1"]), key, weeks=weeks)
