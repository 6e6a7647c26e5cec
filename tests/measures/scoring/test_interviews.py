"""Coded interviews become scores: rules, coders, overlaps, lengths, and the passages behind a number."""

import numpy as np
import pandas as pd
import pytest
from small_studies import interview_book, problem, segments_of, sources_of, study_of

from securebase_analysis.errors import DataError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.measures.scoring.coder_variance import pooled_variance
from securebase_analysis.study.codebook import make_codebook


def one_interview(**options):
    segments = segments_of(
        ("s1", 0, 10, "Available", "JB", "came at once"),
        ("s1", 20, 30, "Available", "JB", "was there"),
        ("s1", 40, 50, "Out of reach", "JB", "not today"),
        ("s1", 0, 12, "Available", "MK", "came at once"),
        ("s1", 60, 70, "Context", "MK", "lives near a school"),
    )
    sources = sources_of(("s1", "KID1", 1, "carer", 500))
    return score_dimensions(study_of(interview_book(), segments=segments, sources=sources), **options)


def row(scores, construct):
    return scores.frame.set_index("construct").loc[construct]


def test_balance_is_the_mean_over_coders_of_the_share_of_strengths():
    # JB: S = 2, C = 2 (one concern of weight 2): 100 * 2.5 / 5; MK: S = 1, C = 0: 100 * 1.5 / 2
    found = row(one_interview(), "availability")
    assert found["score"] == pytest.approx((50 + 75) / 2)
    variance = (100**2 * 0.5 * 0.5 / 6 + 100**2 * 0.75 * 0.25 / 3) / 2
    assert found["std_error"] == pytest.approx(np.sqrt(variance))
    assert [found["n_answered"], found["n_items"]] == [2, 2]
    assert found["instrument"] == "interviews"


def test_count_presence_and_rate():
    assert row(one_interview(interviews="count"), "availability")["score"] == 1.5
    assert row(one_interview(interviews="presence"), "availability")["score"] == 1.0
    assert row(one_interview(interviews="presence"), "availability")["score_100"] == 100.0
    assert row(one_interview(interviews="rate"), "availability")["score"] == 3.0
    assert np.isnan(row(one_interview(interviews="rate"), "availability")["score_100"])


def test_the_rule_is_recorded():
    assert "balance" in row(one_interview(), "trust")["rule"]
    assert "1,000 words" in row(one_interview(interviews="rate"), "trust")["rule"]


def test_silence_has_no_balance_but_counts_as_none_found():
    assert np.isnan(row(one_interview(), "trust")["score"])
    for rule in ("count", "presence", "rate"):
        assert row(one_interview(interviews=rule), "trust")["score"] == 0.0
    assert any("no balance" in note for note in one_interview().notes)
    assert any("it was looked for" in note for note in one_interview(interviews="count").notes)


def test_an_interview_that_nobody_coded_has_no_score():
    segments = segments_of(("s1", 0, 10, "Trusts", "JB", ""))
    sources = sources_of(("s1", "KID1", 1, "carer", 500), ("s2", "KID2", 1, "carer", 400))
    scores = score_dimensions(study_of(interview_book(), segments=segments, sources=sources), interviews="count")
    assert scores.frame["child"].unique().tolist() == ["KID1"]
    assert any("1 interview was not coded" in note for note in scores.notes)


def test_a_part_counts_for_its_whole_too():
    segments = segments_of(("s1", 0, 10, "Birth family held", "JB", ""), ("s1", 20, 30, "One of us", "JB", ""))
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    scores = score_dimensions(study, interviews="count").frame.set_index("construct")["score"]
    assert scores[["family_membership", "family_membership_birth", "family_membership_foster"]].tolist() == [
        2,
        1,
        1,
    ]


def test_overlapping_segments_of_one_coder_and_code_count_once():  # C6 91
    segments = segments_of(
        ("s1", 0, 10, "Available", "JB", "one"),
        ("s1", 5, 20, "Available", "JB", "two"),
        ("s1", 18, 25, "Available", "JB", "three"),
        ("s1", 25, 30, "Available", "JB", "touches, does not overlap"),
        ("s1", 0, 10, "Trusts", "JB", "another code"),
        ("s1", 0, 10, "Available", "MK", "another coder"),
    )
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    scores = score_dimensions(study, interviews="count")
    assert row(scores, "availability")["score"] == 1.5
    assert any("2 segments overlap" in note for note in scores.notes)
    first = scores.explain("KID1", 1, "availability").passages.iloc[0]
    assert [first["start"], first["end"], first["merged"]] == [0, 25, 3]
    assert first["text"] == "one [...] two [...] three"


def test_segments_without_a_place_stay_apart():
    segments = segments_of(
        ("s1", np.nan, np.nan, "Available", "JB", ""), ("s1", np.nan, np.nan, "Available", "JB", "")
    )
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    assert row(score_dimensions(study, interviews="count"), "availability")["score"] == 2.0


def test_a_code_that_the_codebook_does_not_have_stops():  # C6 79
    segments = segments_of(
        ("s1", 0, 10, "Availible", "JB", ""),
        ("s1", 20, 30, "Availible", "JB", ""),
        ("s1", 0, 5, "Trusts", "JB", ""),
    )
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    with pytest.raises(DataError) as caught:
        score_dimensions(study)
    found = problem(caught.value, "SB-CODE-01")
    assert (found.table, found.column, found.rows) == ("segments", "code", (1, 2))
    assert "2 segments" in found.what
    assert "version 3" in found.what
    assert "'Available'" in found.fix
    assert "KID1" not in str(caught.value)


def test_spelling_of_codes_is_forgiven():  # C1 19
    segments = segments_of(("s1", 0, 10, " available ", "JB", ""))
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    assert row(score_dimensions(study, interviews="count"), "availability")["score"] == 1.0


def test_codes_without_a_dimension_are_counted_in_the_notes():  # C6 80
    assert any("1 code speaks neither" in note and "1 passage" in note for note in one_interview().notes)


def test_segments_without_a_coder_count_and_are_noted():  # C6 81
    segments = segments_of(("s1", 0, 10, "Available", None, ""), ("s1", 20, 30, "Available", None, ""))
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    scores = score_dimensions(study, interviews="count")
    found = next(one for one in scores.problems if one.code == "SB-CODE-03")
    assert found.rows == (1, 2)
    assert row(scores, "availability")["score"] == 2.0


def many_interviews(n=20, seed=1, coders=("JB",), long=None):
    """`n` simulated interviews, each coder finding more in longer ones."""
    random = np.random.default_rng(seed)
    sources, segments = [], []
    for number in range(n):
        words = 500 + 100 * number if long is None else (long if number == 0 else 500)
        sources.append((f"s{number}", f"KID{number}", 1, "carer", words))
        for coder in coders:
            for passage in range(1 + random.poisson(words / 200)):
                code = "Available" if random.random() < 0.6 else "Out of reach"
                segments.append((f"s{number}", 20 * passage, 20 * passage + 10, code, coder, ""))
    return study_of(interview_book(), segments=segments_of(*segments), sources=sources_of(*sources))


def test_counts_that_follow_length_are_noticed():  # C6 96
    scores = score_dimensions(many_interviews(), interviews="count")
    found = next(one for one in scores.problems if one.code == "SB-CODE-18")
    assert "r = 0." in found.what
    assert "rate" in found.fix
    assert not [one for one in score_dimensions(many_interviews()).problems if one.code == "SB-CODE-18"]


def test_one_interview_that_outweighs_the_others_is_noticed():  # C6 96
    scores = score_dimensions(many_interviews(8, long=20000))
    found = next(one for one in scores.problems if one.code == "SB-CODE-18")
    assert "One interview supplies" in found.what


def test_a_rate_needs_the_number_of_words():
    study = many_interviews(6)
    study.sources = study.sources.assign(n_words=np.nan)
    with pytest.raises(DataError, match="no number of words"):
        score_dimensions(study, interviews="rate")


def test_coders_who_differ_widen_the_standard_error():
    # six interviews, two coders: 3 against 1 strengths in each, so that counts differ by 2 and their variance is 2
    segments = [
        (f"s{number}", 20 * passage, 20 * passage + 10, "Available", coder, "")
        for number in range(6)
        for coder, found in (("JB", 3), ("MK", 1))
        for passage in range(found)
    ]
    sources = sources_of(*((f"s{number}", f"KID{number}", 1, "carer", 500) for number in range(6)))
    study = study_of(interview_book(), segments=segments_of(*segments), sources=sources)
    scores = score_dimensions(study, interviews="count")
    found = scores.frame[scores.frame["construct"] == "availability"]
    from_text, from_coders = (3 + 1) / 2 + 0.5, 2 / 2
    assert found["std_error"].unique() == pytest.approx([np.sqrt(from_text + from_coders)])
    assert any("how far coders of the same interview differ" in note for note in scores.notes)


def test_one_coder_alone_leaves_the_coder_out_of_the_standard_error():
    notes = score_dimensions(many_interviews(20)).notes
    assert any("too few interviews were coded twice" in note for note in notes)


def test_pooled_variance_is_that_of_a_one_way_layout():
    random = np.random.default_rng(2)
    scores = random.normal(size=(12, 2))
    scores[0, 0] = np.nan
    seen = np.repeat(np.arange(4), 3)
    for column in range(2):
        table = pd.DataFrame({"score": scores[:, column], "seen": seen}).dropna()
        residual = table["score"] - table.groupby("seen")["score"].transform("mean")
        expected = (residual**2).sum() / (len(table) - 4)
        assert pooled_variance(scores, seen)[column] == pytest.approx(expected)


def test_pooled_variance_recovers_the_noise_of_coders():
    random = np.random.default_rng(6)
    truth = np.repeat(random.normal(50, 15, size=200), 2)
    scores = (truth + random.normal(0, 6, size=400))[:, None]
    assert np.sqrt(pooled_variance(scores, np.repeat(np.arange(200), 2))[0]) == pytest.approx(6, rel=0.1)


def test_too_few_double_codings_have_no_variance():
    assert np.isnan(pooled_variance(np.array([[1.0], [2.0], [3.0]]), np.array([0, 0, 1]))).all()


def test_two_interviews_on_one_occasion_add_up():
    segments = segments_of(("s1", 0, 10, "Available", "JB", ""), ("s2", 0, 10, "Available", "MK", ""))
    sources = sources_of(("s1", "KID1", 1, "carer", 500), ("s2", "KID1", 1, "carer", 1500))
    study = study_of(interview_book(), segments=segments, sources=sources)
    assert row(score_dimensions(study, interviews="count"), "availability")["score"] == 2.0
    assert row(score_dimensions(study, interviews="rate"), "availability")["score"] == pytest.approx(1.0)
    assert row(score_dimensions(study), "availability")["score"] == pytest.approx(75.0)


def test_segments_of_nobody_are_counted():
    segments = segments_of(("s1", 0, 10, "Available", "JB", ""), ("s9", 0, 10, "Available", "JB", ""))
    study = study_of(interview_book(), segments=segments, sources=sources_of(("s1", "KID1", 1, "carer", 500)))
    found = next(one for one in score_dimensions(study).problems if one.code == "SB-CODE-52")
    assert "1 segment is from" in found.what


def test_explain_shows_every_passage_and_the_sum():
    told = one_interview().explain("KID1", 1, "availability")
    assert told.passages["text"].tolist() == ["came at once", "was there", "not today", "came at once"]
    assert "JB: strengths 2, concerns 2 -> 50" in told.text
    assert "MK: strengths 1, concerns 0 -> 75" in told.text
    assert "62.5" in told.text
    assert "KID1" not in told.text


def test_the_standard_error_of_a_balance_is_the_size_of_its_error():
    # simulated: true shares drawn from Jeffreys' prior, for which the squared error is the posterior variance
    random = np.random.default_rng(9)
    shares, segments, sources = random.beta(0.5, 0.5, size=1500), [], []
    for number, share in enumerate(shares):
        sources.append((f"s{number}", f"KID{number:04d}", 1, "carer", 500))
        for passage in range(8):
            code = "Trusts" if random.random() < share else "Relies on no one"
            segments.append((f"s{number}", 20 * passage, 20 * passage + 5, code, "JB", ""))
    both = [{"code": "Trusts", "construct": "trust"}]
    both += [{"code": "Relies on no one", "construct": "trust", "polarity": "concern"}]
    book = make_codebook("T", "1", {"codes": both})
    frame = score_dimensions(study_of(book, segments=segments_of(*segments), sources=sources_of(*sources))).frame
    frame = frame.sort_values("child")
    squared_error = (frame["score"].to_numpy() - 100 * shares) ** 2
    assert squared_error.mean() == pytest.approx((frame["std_error"] ** 2).mean(), rel=0.1)
