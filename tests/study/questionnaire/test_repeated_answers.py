"""Rows of a questionnaire file that answer twice for the same child, wave and informant."""

import numpy as np
import pandas as pd

from securebase_analysis.study.questionnaire.repeated_answers import repeated_answers


def rows(*cells):
    frame = pd.DataFrame(cells, columns=["child", "wave", "informant", "a1", "a2"])
    return frame.assign(site=None, instance=None, row=range(1, len(frame) + 1))


def test_sb_id_01_the_same_row_twice():  # (22)
    problems = repeated_answers(rows(("K-014", 1, "carer", 1, 2), ("K-015", 1, "carer", 1, 2),
                                     ("K-014", 1, "carer", 1, 2)), ["a1", "a2"], "wave1.csv")  # fmt: skip
    assert [(problem.code, problem.severity, problem.table, problem.column) for problem in problems] == [
        ("SB-ID-01", "stop", "wave1.csv", "child")
    ]
    assert problems[0].rows == (1, 3)
    assert "rows 1 and 3" in problems[0].what
    assert "K-014" not in str(problems[0])


def test_sb_id_02_different_answers_of_one_child():  # (23)
    problems = repeated_answers(
        rows(("K-014", 2, "carer", 1, 2), ("K-014", 2, "carer", np.nan, 2), ("K-014", 2, "teacher", 0, 0)),
        ["a1", "a2"],
        "wave1.csv",
    )
    assert [(problem.code, problem.severity) for problem in problems] == [("SB-ID-02", "stop")]
    assert problems[0].rows == (1, 2)
    assert problems[0].what.endswith(
        "about the same child, wave and informant and differ, e.g. rows 1 and 2: a1 is 1 and empty."
    )
    assert "K-014" not in str(problems[0])
    assert problems[0].fix.startswith("Find out which row is right")


def test_sb_id_02_without_waves_the_message_asks_for_their_column():
    problems = repeated_answers(rows(("K1", None, None, 1, 2), ("K1", None, None, 2, 2)), ["a1", "a2"], "f.csv")
    assert "wave='...'" in problems[0].fix
    assert "about the same child and differ" in problems[0].what


def test_both_kinds_come_at_once():
    found = repeated_answers(
        rows(("K1", 1, "c", 1, 2), ("K1", 1, "c", 1, 2), ("K2", 1, "c", 0, 2), ("K2", 1, "c", 2, 2)),
        ["a1", "a2"],
        "f.csv",
    )
    assert [(problem.code, problem.rows) for problem in found] == [("SB-ID-01", (1, 2)), ("SB-ID-02", (3, 4))]


def test_a_row_without_answers_or_without_a_child_repeats_nothing():
    assert not repeated_answers(
        rows(("K1", 1, "c", 1, 2), ("K1", 1, "c", np.nan, np.nan), (None, 1, "c", 1, 2), (None, 1, "c", 1, 2)),
        ["a1", "a2"],
        "f.csv",
    )


def test_another_wave_or_instance_is_no_repeat():
    frame = rows(("K1", 1, "c", 1, 2), ("K1", 2, "c", 1, 2), ("K1", 2, "c", 1, 2)).assign(instance=["1", "1", "2"])
    assert not repeated_answers(frame, ["a1", "a2"], "f.csv")
