"""A small cohort on disk, whole and without a fault; each test breaks one thing and reads what is said of it."""

from __future__ import annotations

import copy
from pathlib import Path

import pandas as pd

from securebase_analysis.errors import Problem
from securebase_analysis.readers.interviews import Interviews, write_interviews
from securebase_analysis.study.codebook import make_codebook
from securebase_analysis.study.codebook_files import write_codebook
from securebase_analysis.study.study import Study, check_study, read_study

BIRDS = (
    "kestrel", "dunnock", "siskin", "wagtail", "bunting", "warbler", "whinchat", "nuthatch", "brambling",
    "redwing", "fieldfare", "chiffchaff",
)  # fmt: skip
SITES = ("Ashford", "Brandon")
ITEMS = ("v1", "v2", "v3", "v4")
START = pd.Timestamp("2021-03-01")
FREEZE = "2024-12-31"
SENTENCE = "She waits at the gate every day. He came to me when he fell. We talked about the weather."

CODEBOOK: dict = {
    "waves": [
        {"wave": 1, "label": "Start", "aliases": ["T1"], "months": 0},
        {"wave": 2, "label": "One year", "aliases": ["T2"], "months": 12},
        {"wave": 3, "label": "Two years", "aliases": ["T3"], "months": 24},
    ],
    "instruments": [{"instrument": "visit", "informants": ["carer", "teacher"], "minimum_answered": 1}],
    "items": [
        {"item": "v1", "instrument": "visit", "construct": "availability", "low": 1, "high": 5},
        {"item": "v2", "instrument": "visit", "construct": "availability", "low": 1, "high": 5, "reversed": True},
        {"item": "v3", "instrument": "visit", "construct": "trust", "low": 1, "high": 5},
        {"item": "v4", "instrument": "visit", "construct": "trust", "low": 1, "high": 5},
    ],
    "missing_codes": [
        {"instrument": "visit", "code": "66", "reason": "refused"},
        {"instrument": "*", "code": "n.a.", "reason": "not asked"},
    ],
    "codes": [
        {"code": "Availability: there", "construct": "availability"},
        {"code": "Trust: comes", "construct": "trust"},
        {"code": "Context", "construct": "none", "polarity": "none"},
    ],
    "ratings": [
        {"rating": "availability", "construct": "availability", "low": 0, "high": 10, "not_applicable": "na"},
        {"rating": "trust", "construct": "trust", "low": 0, "high": 10, "not_applicable": "na"},
    ],
    "coders": [{"coder": "C1", "aliases": ["first"]}, {"coder": "C2", "aliases": []}],
    "crosswalk": [{"version": "0", "old_code": "Warmth", "new_code": "Availability: there"}],
}


class Cohort:
    """The tables of a study folder, to be changed, written and checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids = list(BIRDS)
        self.codebook = copy.deepcopy(CODEBOOK)
        self.study = {
            "name": '"Twelve birds"',
            "simulated": "true",
            "codebook": '"codebook.toml"',
            "date_order": '"ymd"',
            "data_freeze": FREEZE,
        }
        self.sections = {
            "[children]": {"file": '"children.csv"'},
            "[carers]": {"file": '"carers.csv"'},
            "[placements]": {"file": '"placements.csv"'},
            "[waves]": {"file": '"waves.csv"'},
            "[[responses]]": {"instrument": '"visit"', "file": '"visit.csv"', "informant": '"carer"'},
            "[[ratings]]": {"file": '"ratings.csv"'},
            "[[interviews]]": {"file": '"interviews.qdpx"', "sources": '"interviews.csv"'},
        }
        self.tables = _tables(self.ids)
        self.sources = _transcripts()
        self.segments = _segments()

    def write(self) -> Path:
        for name, frame in self.tables.items():
            frame.to_csv(self.folder / f"{name}.csv", index=False)
        write_codebook(make_codebook("Birds", "1", self.codebook), self.folder / "codebook.toml")
        coded = Interviews.from_segments(self.segments, self.sources)
        write_interviews(coded, self.folder / "interviews.qdpx")
        lines = ["[study]", *(f"{key} = {value}" for key, value in self.study.items())]
        for section, settings in self.sections.items():
            lines += ["", section.rstrip("+"), *(f"{key} = {value}" for key, value in settings.items())]
        (self.folder / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.folder

    def check(self) -> tuple[Problem, ...]:
        """All problems; whatever they are, no child is named in them."""
        problems = check_study(self.write(), progress=False)
        for problem in problems:
            said = str(problem).casefold()
            assert not [child for child in self.ids if child in said], f"an id stands in {problem.code}"
        return problems

    def one(self, code: str) -> Problem:
        """The only problem with this code."""
        found = [problem for problem in self.check() if problem.code == code]
        assert len(found) == 1, f"{code}: {[str(problem) for problem in self.check()]}"
        assert found[0].fix or found[0].severity == "note"
        return found[0]

    def codes(self) -> list[str]:
        return [problem.code for problem in self.check()]

    def read(self) -> Study:
        return read_study(self.write(), progress=False)


def site_of(place: int) -> str:
    return SITES[place % 2]


def _tables(ids: list[str]) -> dict[str, pd.DataFrame]:
    children = pd.DataFrame(
        {
            "site": [site_of(place) for place in range(12)],
            "child": ids,
            "sex": ["female", "male"] * 6,
            "birth_date": [f"2012-{month:02d}-15" for month in range(1, 13)],
            "care_context": ["foster"] * 9 + ["kinship"] * 3,
            "sibling_group": ["nest 1", "", "nest 1"] + [""] * 9,
            "prior_moves": range(12),
        }
    )
    carers = pd.DataFrame(
        {
            "site": [site_of(place) for place in range(12)],
            "carer": [f"K{place:02d}" for place in range(12)],
            "kinship": ["no"] * 9 + ["yes"] * 3,
            "experience_years": [place / 2 for place in range(12)],
        }
    ).drop(index=2)  # the first and the third child live together
    placements = pd.DataFrame(
        {
            "site": children["site"],
            "child": ids,
            "carer": [f"K{0 if place == 2 else place:02d}" for place in range(12)],
            "type": children["care_context"],
            "start": [f"2020-{month:02d}-10" for month in range(1, 13)],
            "end": [""] * 12,
            "end_reason": [""] * 12,
        }
    )
    return {
        "children": children,
        "carers": carers,
        "placements": placements,
        "waves": _visits(ids)[["site", "child", "wave", "date"]],
        "visit": _answers(ids),
        "ratings": _ratings(ids),
        "interviews": _sources_table(ids),
    }


def _visits(ids: list[str]) -> pd.DataFrame:
    rows = [
        (site_of(place), child, wave, START + pd.Timedelta(days=7 * place) + pd.DateOffset(months=12 * (wave - 1)))
        for place, child in enumerate(ids)
        for wave in (1, 2, 3)
    ]
    frame = pd.DataFrame(rows, columns=["site", "child", "wave", "date"])
    frame["date"] = frame["date"].dt.strftime("%Y-%m-%d")
    return frame


def _answers(ids: list[str]) -> pd.DataFrame:
    frame = _visits(ids)
    for step, item in enumerate(ITEMS):
        frame[item] = [1 + (place * (step + 2) + step) % 5 for place in range(len(frame))]
    return frame.astype(dict.fromkeys(ITEMS, object))


def _ratings(ids: list[str]) -> pd.DataFrame:
    frame = _visits(ids)[["site", "child", "wave"]].query("wave == 1").reset_index(drop=True)
    frame["rater"] = ["SW1", "SW2"] * 6
    frame["availability"] = [place % 11 for place in range(12)]
    frame["trust"] = ["na", *range(11)]
    frame["evidence"] = "seen at the visit"
    return frame.astype({"availability": object, "trust": object})


def _sources_table(ids: list[str]) -> pd.DataFrame:
    visits = _visits(ids).query("wave == 1").head(3).reset_index(drop=True)
    visits.insert(0, "source", [f"Interview {place}" for place in (1, 2, 3)])
    visits["informant"] = "carer"
    return visits


def _transcripts() -> pd.DataFrame:
    return pd.DataFrame({"source": [f"Interview {place}" for place in (1, 2, 3)], "text": [SENTENCE] * 3})


def _segments() -> pd.DataFrame:
    rows = [
        (f"Interview {source}", 0, 32, "Availability: there", coder)
        for source in (1, 2, 3)
        for coder in ("C1", "C2")
    ]
    rows += [(f"Interview {source}", 33, 58, "Trust: comes", "C1") for source in (1, 2, 3)]
    return pd.DataFrame(rows, columns=["source", "start", "end", "code", "coder"])
