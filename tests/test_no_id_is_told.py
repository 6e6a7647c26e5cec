"""No door tells an id: whatever is wrong with a table, nobody is named in what is said of it.

Every child, carer and source here bears a mark. Tables are broken by chance, given to a door, and everything
that comes back in words (errors with their causes, problems, notes, warnings, what was printed or logged) is
searched for the mark.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import shutil
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import securebase_analysis as sb

MARK, DIGITS = "zqx", "731905"
SHAPES = ("Zqx{:02d}", "zqxlin-{:02d}", "Zqxa Quillon {}", DIGITS + "{:02d}", "ZQX{:02d} ", "zqx{}@mail.org")
"""Ids as people give them out: codes, initials with a hyphen, full names, numbers, blanks behind, addresses."""
CHILDREN, WAVES = 12, 3
CONSTRUCTS = ("availability", "sensitivity", "acceptance", "trust", "belonging")


def id_of(number: int, shape: int) -> str:
    """The id of a child or carer."""
    return SHAPES[shape].format(number)


# --- tables -----------------------------------------------------------------------------------------------------


def long_table(shape: int) -> pd.DataFrame:
    """Scores of children at waves, with whose they are."""
    rng = np.random.default_rng(3)
    rows = [(child, wave) for child in range(CHILDREN) for wave in range(1, WAVES + 1)]
    frame = pd.DataFrame(rows, columns=["number", "wave"])
    frame.insert(0, "child", [id_of(number, shape) for number in frame["number"]])
    frame["carer"] = [id_of(40 + number // 2, shape) for number in frame["number"]]
    frame["site"] = np.where(frame["number"] % 2, "Leeds", "Hull")
    frame["date"] = [f"{2019 + wave}-03-{1 + number:02d}" for number, wave in rows]
    frame["years"] = frame["wave"] - 1.0
    frame["kinship"] = np.where(frame["number"] % 3, "no", "yes")
    frame[list(CONSTRUCTS)] = rng.normal(5, 1, (len(frame), len(CONSTRUCTS))).round(2)
    return frame.drop(columns="number")


def item_table(shape: int) -> pd.DataFrame:
    """Answers to 25 questions."""
    rng = np.random.default_rng(4)
    answers = pd.DataFrame(rng.integers(0, 3, (CHILDREN, 25)), columns=[f"sdq{item}" for item in range(1, 26)])
    answers.insert(0, "child", [id_of(number, shape) for number in range(CHILDREN)])
    return answers


def spell_table(shape: int) -> pd.DataFrame:
    """Placements with dates, and the same in days."""
    rng = np.random.default_rng(5)
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(30 * np.arange(24), unit="D")
    days = rng.integers(20, 400, 24)
    return pd.DataFrame(
        {
            "child": [id_of(number // 2, shape) for number in range(24)],
            "carer": [id_of(40 + number // 3, shape) for number in range(24)],
            "type": ["foster", "kinship", "foster"] * 8,
            "start": start.strftime("%Y-%m-%d"),
            "end": (start + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d"),
            "end_reason": ["planned move", "breakdown", "adopted", "returned home"] * 6,
            "days": days,
            "event": [0, 1] * 12,
            "difficulty": rng.normal(size=24).round(2),
        }
    )


def coding_table(shape: int) -> pd.DataFrame:
    """Units coded by three people."""
    rng = np.random.default_rng(6)
    rows = [(id_of(unit, shape), f"coder {coder}") for unit in range(CHILDREN) for coder in range(3)]
    frame = pd.DataFrame(rows, columns=["unit", "coder"])
    return frame.assign(code=rng.choice(["warm", "cold"], len(frame)), rating=rng.integers(1, 5, len(frame)))


TABLES: dict[str, Callable[[int], pd.DataFrame]] = {
    "long": long_table, "items": item_table, "spells": spell_table, "coding": coding_table,
}  # fmt: skip


# --- what breaks them -------------------------------------------------------------------------------------------


LABELS = ("kinship", "code", "coder")
"""Columns whose words are named in answers, because somebody asked for an answer by them."""


def broken(frame: pd.DataFrame, faults: list[tuple[str, int, int, int]], shape: int) -> pd.DataFrame:
    """A table with some faults, each of a kind, at a row and a column."""
    frame = frame.astype(object)
    for kind, row, column, number in faults:
        row, column = row % len(frame), column % frame.shape[1]
        if kind in ("id in a cell", "column of ids") and frame.columns[column] in LABELS:
            continue
        if kind == "id in a cell":
            frame.iat[row, column] = id_of(number, shape)
        elif kind == "column of ids":
            frame.isetitem(column, [id_of(at % 30, shape) for at in range(len(frame))])
        elif kind == "empty cell":
            frame.iat[row, column] = None
        elif kind == "look-alike":
            frame.iat[row, column] = f" {frame.iat[row, column]}".upper().replace("0", "O")
        elif kind == "repeated row":
            frame = pd.concat([frame, frame.iloc[[row, row]]], ignore_index=True)
        elif kind == "changed repeat":
            frame = pd.concat([frame, frame.iloc[[row]]], ignore_index=True)
            frame.iat[-1, column] = frame.iat[(row + 1) % len(frame), column]
        elif kind == "column gone":
            frame = frame.drop(columns=frame.columns[column]) if frame.shape[1] > 3 else frame
        elif kind == "one child":
            frame.isetitem(0, [frame.iat[0, 0]] * len(frame))
    return frame.infer_objects()


KINDS = ("id in a cell", "column of ids", "empty cell", "look-alike", "repeated row", "changed repeat",
         "column gone", "one child")  # fmt: skip
FAULTS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.integers(0, 40), st.integers(0, 30)), max_size=4
)
SHAPE = st.integers(0, len(SHAPES) - 1)


# --- what a door says -------------------------------------------------------------------------------------------


def said_by(door: Callable[[], Any]) -> str:
    """Everything that a door tells in words, whether it answers or refuses."""
    words: list[str] = []
    heard, printed = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            warnings.simplefilter("always")
            try:
                words += told_in(door())
            except sb.SecureBaseError as error:
                words += ["".join(traceback.format_exception_only(error)), error.frame.to_csv()]
                words += causes_of(error)
        words += [str(warning.message) for warning in warned]
    finally:
        logging.getLogger().removeHandler(handler)
    return "\n".join([*words, heard.getvalue(), printed.getvalue()])


def causes_of(error: BaseException) -> list[str]:
    """The errors that a traceback would show above this one."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [] if before is None else [str(before), *causes_of(before)]


def told_in(answer: Any) -> list[str]:
    """What an answer says of the data: notes, problems, assumptions, checks, how it prints itself."""
    words = [repr(answer)] if not isinstance(answer, pd.DataFrame | tuple) else []
    for name in ("notes", "problems", "assumptions"):
        if not isinstance(getattr(answer, name, None), pd.DataFrame):
            words += [str(part) for part in getattr(answer, name, ()) or ()]
    if isinstance(answer, tuple):
        words += [str(part) for part in answer]
    if isinstance(answer, sb.Result):
        words += [answer.summary(), answer.diagnostics().to_csv()]
    return words


def marks_in(said: str) -> list[str]:
    """The lines in which somebody is named."""
    return [line for line in said.splitlines() if MARK in line.casefold() or DIGITS in line]


def refusing() -> None:
    """A door whose own message is harmless, and whose cause is not."""
    try:
        float("Zqx01")
    except ValueError as error:
        raise sb.DataError(sb.Problem("SB-FILE-18", "stop", "A cell is no number.")) from error


@pytest.mark.parametrize(
    "door",
    [
        refusing,
        lambda: print("Zqx01"),
        lambda: warnings.warn("Zqx01", stacklevel=1),
        lambda: logging.getLogger("somewhere").warning("Zqx01"),
        lambda: (sb.Problem("SB-ID-01", "note", "A row is there twice.", fix="df[df.child != 'Zqx01']"),),
        lambda: print(f"row of {DIGITS}04"),
    ],
    ids=["cause", "printed", "warned", "logged", "problem", "digits"],
)
def test_whatever_is_said_is_heard(door):
    assert marks_in(said_by(door))


# --- doors that take a table ------------------------------------------------------------------------------------

DOORS: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "score_sdq": ("items", lambda frame: sb.score_sdq(frame)),
    "score_dimensions": ("items", lambda frame: sb.score_dimensions(frame, sb.load_codebook("sdq"))),
    "score_questionnaire": ("items", lambda frame: sb.score_questionnaire(frame, "sdq", informant="parent")),
    "assess_reliability": ("items", lambda frame: sb.assess_reliability(frame.iloc[:, 1:])),
    "assess_reliability by": (
        "long", lambda frame: sb.assess_reliability(frame[[*CONSTRUCTS, "kinship"]], by="kinship")
    ),
    "assess_agreement": ("coding", lambda frame: sb.assess_agreement(frame)),
    "assess_agreement of ratings": (
        "coding", lambda frame: sb.assess_agreement(frame, value="rating", level="ordinal", n_resamples=20)
    ),
    "relate_dimensions": ("long", lambda frame: sb.relate_dimensions(frame, ["availability", "trust"])),
    "fit_growth": ("long", lambda frame: sb.fit_growth(frame, "trust ~ years + kinship")),
    "fit_growth of carers": (
        "long", lambda frame: sb.fit_growth(frame, "trust ~ years", random={"child": "1", "carer": "1"})
    ),
    "fit_moderation": ("long", lambda frame: sb.fit_moderation(frame, "trust", ["availability"])),
    "fit_panel": ("long", lambda frame: sb.fit_panel(frame, ["availability", "trust"], model="clpm")),
    "fit_sem": ("long", lambda frame: sb.fit_sem(frame, "trust ~ availability", group="kinship")),
    "fit_network": ("long", lambda frame: sb.fit_network(frame, ["availability", "trust", "belonging"])),
    "assess_invariance": (
        "long",
        lambda frame: sb.assess_invariance(frame, {"f": list(CONSTRUCTS[:3])}, group="kinship"),
    ),
    "fit_disruption": (
        "spells", lambda frame: sb.fit_disruption(frame, "difficulty", stop="days", event="event", cluster="carer")
    ),
    "cumulative_incidence": (
        "spells", lambda frame: sb.cumulative_incidence(frame, "days", "end_reason", censored="planned move")
    ),
    "placement_history": ("spells", lambda frame: sb.placement_history(frame, freeze="2024-01-01")),
    "placement_stability": (
        "spells", lambda frame: sb.placement_stability(sb.placement_history(frame, freeze="2024-01-01"))
    ),
    "follow_placements": (
        "spells", lambda frame: sb.follow_placements(sb.placement_history(frame, freeze="2024-01-01"))
    ),
    "carer_days": ("spells", lambda frame: sb.carer_days(frame, long_table(0)[["child", "wave", "date"]])),
    "from_segments": (
        "coding",
        lambda frame: sb.Interviews.from_segments(
            frame.rename(columns={"unit": "source"}).assign(start=0, end=5),
            pd.DataFrame({"source": frame["unit"].drop_duplicates(), "text": "words"}),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(faults=FAULTS, shape=SHAPE)
def test_no_door_for_tables_tells_an_id(door, faults, shape):
    table, call = DOORS[door]
    frame = broken(TABLES[table](shape), faults, shape)
    try:
        said = said_by(lambda: call(frame))
    except KeyError:  # of the test itself, where a column it picks is gone
        return
    assert marks_in(said) == []


# --- doors that open files --------------------------------------------------------------------------------------


def written(frame: pd.DataFrame, folder: Path, ending: str) -> Path:
    """A table as a file of its own."""
    file = folder / f"table{ending}"
    frame.to_excel(file, index=False) if ending == ".xlsx" else frame.to_csv(
        file, index=False, sep=",;\t"[len(frame) % 3]
    )
    return file


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(faults=FAULTS, shape=SHAPE)
def test_no_reader_of_tables_tells_an_id(table, ending, faults, shape, tmp_path_factory):
    file = written(broken(TABLES[table](shape), faults, shape), tmp_path_factory.mktemp("file"), ending)
    assert marks_in(said_by(lambda: sb.read_table(file))) == []
    assert marks_in(said_by(lambda: sb.read_questionnaire(file, "sdq"))) == []
    assert marks_in(said_by(lambda: sb.read_interviews(file))) == []


@pytest.mark.parametrize("head", ["redcap", "qualtrics", "limesurvey"])
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(faults=FAULTS, shape=SHAPE)
def test_no_reader_of_exports_tells_an_id(head, faults, shape, tmp_path_factory):
    items = item_table(shape)
    names = items["child"].to_numpy()
    if head == "redcap":
        items = items.rename(columns={"child": "record_id"})
        items.insert(1, "redcap_event_name", "baseline_arm_1")
        items.insert(2, "first_name", names)
        items["sdq_complete"] = 2
    elif head == "qualtrics":
        items = items.rename(columns={"child": "ExternalReference"})
        for at, column in enumerate(
            ("StartDate", "ResponseId", "RecipientFirstName", "RecipientEmail", "IPAddress")
        ):
            items.insert(at, column, names)
    else:
        items = items.rename(columns={"child": "token"})
        items.insert(0, "id", range(1, len(items) + 1))
        items.insert(1, "submitdate", "2021-03-01 10:00:00")
        items.insert(2, "startlanguage", "en")
    items = broken(items, faults, shape)
    if head == "qualtrics":
        codes = [f'{{"ImportId":"QID{at}"}}' for at in range(items.shape[1])]
        items = pd.concat([pd.DataFrame([list(items), codes], columns=items.columns), items], ignore_index=True)
    file = tmp_path_factory.mktemp("file") / "export.csv"
    items.to_csv(file, index=False)
    assert marks_in(said_by(lambda: sb.read_questionnaire(file, "sdq"))) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A small study on disk."""
    place = tmp_path_factory.mktemp("study")
    return sb.write_study(sb.simulate_study(n_children=CHILDREN, n_waves=2, seed=8), place)


STUDY_TABLES = (
    "children",
    "carers",
    "placements",
    "waves",
    "carer_questionnaire",
    "sdq_carer",
    "ratings",
    "interviews",
)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(faults=st.lists(st.tuples(st.sampled_from(STUDY_TABLES), FAULTS), min_size=1, max_size=3), shape=SHAPE)
def test_no_study_tells_an_id(folder, faults, shape, tmp_path_factory):
    copy = Path(shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "study"))
    known: dict[str, str] = {}
    for name in STUDY_TABLES:
        file = copy / f"{name}.csv"
        frame = pd.read_csv(file, dtype=str)
        for column in {"child", "carer"} & set(frame):
            for one in frame[column].dropna():
                known.setdefault(one, id_of(len(known), shape))
            frame[column] = frame[column].map(known)
        for table, some in faults:
            frame = broken(frame, some, shape) if table == name else frame
        frame.to_csv(file, index=False)
    assert marks_in(said_by(lambda: sb.read_study(copy, progress=False))) == []


@pytest.fixture(scope="module")
def returns(tmp_path_factory) -> Path:
    """Yearly returns on disk."""
    place = tmp_path_factory.mktemp("returns")
    sb.write_ssda903(sb.simulate_ssda903(n_children=20, seed=8), place)
    return place


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(faults=st.lists(st.tuples(st.integers(0, 99), FAULTS), min_size=1, max_size=3), shape=SHAPE)
def test_no_return_tells_an_id(returns, faults, shape, tmp_path_factory):
    copy = Path(shutil.copytree(returns, tmp_path_factory.mktemp("copy") / "returns"))
    files = sorted(copy.rglob("*.csv"))
    known: dict[str, str] = {}
    for at, file in enumerate(files):
        frame = pd.read_csv(file, dtype=str)
        if "CHILD" in frame:
            for one in frame["CHILD"].dropna():
                known.setdefault(one, id_of(len(known), shape))
            frame["CHILD"] = frame["CHILD"].map(known)
        for number, some in faults:
            frame = broken(frame, some, shape) if number % len(files) == at and len(frame) else frame
        frame.to_csv(file, index=False)
    assert marks_in(said_by(lambda: sb.read_ssda903(copy))) == []


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(shape=SHAPE, data=st.data())
def test_no_project_of_interviews_tells_an_id(shape, data, tmp_path_factory):
    """A project whose sources, cases and coders bear names; parts of its XML repeated, emptied or exchanged."""
    text = "She waits at the gate. We talk about school."
    names = [id_of(number, shape) for number in range(4)]
    sources = pd.DataFrame({"source": names, "text": text})
    segments = pd.DataFrame(
        {"source": names * 2, "start": 0, "end": 22, "code": "warm", "coder": [id_of(9, shape)] * 8}
    )
    cases = pd.DataFrame({"case": names, "source": names, "born": "2012-03-01"})
    file = tmp_path_factory.mktemp("project") / "study.qdpx"
    sb.write_interviews(sb.Interviews.from_segments(segments, sources, cases=cases), file)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(part for part in parts if part.endswith(".qde"))
    words = re.split(r"(?<=>)", parts[name].decode("utf-8"))
    for _ in range(data.draw(st.integers(0, 3))):
        at, to = (data.draw(st.integers(1, len(words) - 1)) for _ in range(2))
        kind = data.draw(st.sampled_from(["repeat", "empty", "exchange", "attribute"]))
        if kind == "repeat":
            words.insert(to, words[at])
        elif kind == "empty":
            words[at] = ""
        elif kind == "exchange":
            words[at], words[to] = words[to], words[at]
        else:
            words[at] = re.sub(r'"[^"]*"', f'"{names[0]}"', words[at], count=1)
    with zipfile.ZipFile(file, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, "".join(words).encode() if part == name else content)
    assert marks_in(said_by(lambda: sb.read_interviews(file))) == []
