"""What was coded: known codes, known coders, transcripts as they were when they were coded."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.results import wording
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook_columns import NO_CONSTRUCT
from securebase_analysis.study.codebook_rules import plain_name
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ROW

NAMES_SHOWN = 5


def _linked(draft: Draft) -> pd.DataFrame:
    """Segments of interviews that belong to a child."""
    segments = draft.tables["segments"]
    return segments[segments["source"].isin(draft.tables["sources"]["source"])]


def unknown_codes(draft: Draft) -> list[Problem]:
    """SB-CODE-01: codes that are not in the codebook."""
    segments = _linked(draft)
    known = list(draft.codebook.codes["code"])
    unknown = ~segments["code"].isin(known)
    if not unknown.any():
        return []
    counts = segments.loc[unknown, "code"].value_counts()
    told = [_told(str(code), int(n), known) for code, n in counts.head(NAMES_SHOWN).items()]
    more = f" and {len(counts) - NAMES_SHOWN} more codes" if len(counts) > NAMES_SHOWN else ""
    book = draft.codebook
    return problems_in(
        draft,
        segments,
        unknown,
        "code",
        "SB-CODE-01",
        "stop",
        f"{n_of(len(counts), 'code is', 'codes are')} not in codebook {book.name!r}, version {book.version}: "
        f"{'; '.join(told)}{more}.",
        why="Their segments would count for no dimension, unseen.",
        done="No segment was given to another code.",
        fix="Add the codes to the codebook; renamed ones go to its crosswalk: "
        'crosswalk = [{ version = "1", old_code = "...", new_code = "..." }]',
    )


def _told(code: str, count: int, known: list[str]) -> str:
    """A code with its count and the one meant; codes that resemble none are not shown, as they may be names."""
    guess = nearest(code, known)
    segments = "1 segment" if count == 1 else f"{count} segments"
    return f"{code!r} ({segments}; perhaps {guess!r})" if guess else f"a code that is not shown ({segments})"


def codes_without_construct(draft: Draft) -> list[Problem]:
    """SB-CODE-02: codes that speak for no dimension."""
    segments = _linked(draft)
    codes = draft.codebook.codes
    silent = list(codes.loc[codes["construct"] == NO_CONSTRUCT, "code"])
    of_silent = segments["code"].isin(silent)
    if not of_silent.any():
        return []
    used = [code for code in silent if (segments["code"] == code).any()]
    return [
        Problem(
            "SB-CODE-02",
            "warn",
            f"{wording.count(len(used), 'code')} of the codebook ({', '.join(used[:NAMES_SHOWN])}) "
            f"{'belongs' if len(used) == 1 else 'belong'} to no dimension; "
            f"{int(of_silent.sum()):,} of {len(segments):,} segments are coded so.",
            table="codebook: codes",
            column="construct",
            why="What is said there is in no score.",
            done="The segments are kept and count for nothing.",
            fix="If they do say something about a dimension, give the codes a construct.",
        )
    ]


def segments_without_coder(draft: Draft) -> list[Problem]:
    """SB-CODE-03: segments of which nobody knows who coded them."""
    segments = _linked(draft)
    return problems_in(
        draft,
        segments,
        segments["coder"].isna(),
        "coder",
        "SB-CODE-03",
        "warn",
        f"Of {n_of(len(segments), 'segment')} {{n:has|have}} no coder.",
        why="Agreement compares coders.",
        done="They are used in scores, not in agreement.",
        fix="Code in a program that keeps the coder of each coding.",
    )


# --- coders -----------------------------------------------------------------------------------------------------


def coder_spellings(draft: Draft) -> list[Problem]:
    """SB-CODE-04: coders or raters whose names differ by case, blanks or points only."""
    names = pd.concat([_linked(draft)["coder"], draft.tables["ratings"]["rater"]]).dropna().unique()
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(re.sub(r"[\W_]+", "", str(name)).casefold(), []).append(str(name))
    alike = [sorted(group) for group in groups.values() if len(group) > 1]
    problems = []
    for group in alike:
        segments = _linked(draft)
        ratings = draft.tables["ratings"]
        aliases = ", ".join(f'"{name}"' for name in group[1:])
        text = {
            "why": "One person under several names looks like several people, and agreement is then wrong.",
            "done": "Nothing was guessed.",
            "fix": f'coders = [{{ coder = "{group[0]}", aliases = [{aliases}] }}] in the codebook; two people '
            "with like names need names that differ.",
        }
        what = f"{', '.join(group)}: {len(group)} coders whose names differ by case, blanks or points only."
        at = segments["coder"].isin(group)
        problems += problems_in(draft, segments, at, "coder", "SB-CODE-04", "stop", what, **text)
        at = ratings["rater"].isin(group)
        problems += problems_in(draft, ratings, at, "rater", "SB-CODE-04", "stop", what, **text)
    return problems


def undeclared_coders(draft: Draft) -> list[Problem]:
    """SB-CODE-37: coders that the codebook's table of coders does not list."""
    listed = list(draft.codebook.coders["coder"])
    segments = _linked(draft)
    used = segments["coder"].dropna().unique()
    unknown = [str(name) for name in used if name not in listed]
    if not listed or not unknown:
        return []
    guesses = [
        f"{name} ({guess}?)" if (guess := nearest(name, listed)) else name for name in unknown[:NAMES_SHOWN]
    ]
    return problems_in(
        draft,
        segments,
        segments["coder"].isin(unknown),
        "coder",
        "SB-CODE-37",
        "warn",
        f"{n_of(len(unknown), 'coder is', 'coders are')} not among the coders of the codebook: "
        f"{', '.join(guesses)}.",
        why="One person under two names looks like two people.",
        done="They count as coders of their own.",
        fix="Add them to the coders of the codebook, or their names to the aliases of another.",
    )


# --- transcripts and versions -----------------------------------------------------------------------------------


def changed_transcripts(draft: Draft) -> list[Problem]:
    """SB-CODE-15: a transcript that is not the one that was coded."""
    sources = draft.tables["sources"]
    given = sources["coded_sha256"].str.strip().str.casefold()
    wrong = (given.notna() & (given != "") & (given != sources["sha256"])).to_numpy(dtype=bool)
    if not wrong.any():
        return []
    moved = int(draft.tables["segments"]["source"].isin(sources.loc[wrong, "source"]).sum())
    return problems_in(
        draft,
        sources,
        wrong,
        "sha256",
        "SB-CODE-15",
        "stop",
        f"{{n:transcript|transcripts}} changed since they were coded (other checksum); {moved} segments may "
        "have moved.",
        why="The codes would lie on other words than the coder read.",
        done="Nothing was moved.",
        fix="Bring back the transcript that was coded, or code these interviews again and give the new checksum.",
    )


def crosswalk_used(draft: Draft) -> list[Problem]:
    """SB-CODE-17: segments coded with an earlier codebook, translated; SB-FILE-19: spellings of codes united."""
    segments = _linked(draft)
    renamed = segments[segments["given_code"] != segments["code"]]
    if renamed.empty:
        return []
    plain = [plain_name(code) for code in renamed["given_code"]]
    same = np.array([one == plain_name(other) for one, other in zip(plain, renamed["code"])])
    old = {plain_name(code) for code in draft.codebook.crosswalk["old_code"]}
    by_crosswalk = np.array([one.split(" > ")[-1] in old or one in old for one in plain]) & ~same
    problems = []
    if by_crosswalk.any():
        problems.append(_translated(draft, renamed[by_crosswalk], len(segments)))
    if same.any():
        problems.append(_united(renamed[same]))
    return problems


def _translated(draft: Draft, renamed: pd.DataFrame, n_segments: int) -> Problem:
    """How many segments each line of the crosswalk moved."""
    counts = renamed.groupby(["given_code", "code"]).size().sort_values(ascending=False)
    told = "; ".join(f"{old!r} to {new!r} {n}" for (old, new), n in counts.head(NAMES_SHOWN).items())
    return Problem(
        "SB-CODE-17",
        "warn",
        f"{len(renamed)} of {n_of(n_segments, 'segment')} {'bears a code' if len(renamed) == 1 else 'bear codes'} "
        f"of an earlier codebook ({told}).",
        table="codebook: crosswalk",
        column="old_code",
        rows=_crosswalk_rows(draft, set(renamed["given_code"])),
        why="Two versions of a codebook in one study need not mean the same.",
        done=f"They were translated by the crosswalk to version {draft.codebook.version}.",
        fix="Look at a few of these segments; a code that changed its meaning must be coded again.",
    )


def _crosswalk_rows(draft: Draft, given: set[str]) -> list[int]:
    """The lines of the crosswalk that were used."""
    used = {plain_name(code) for code in given}
    return [
        row for row, code in enumerate(draft.codebook.crosswalk["old_code"], start=1) if plain_name(code) in used
    ]


def _united(renamed: pd.DataFrame) -> Problem:
    """How many segments bear a code in another spelling."""
    return Problem(
        "SB-FILE-19",
        "warn",
        f"{n_of(renamed['given_code'].nunique(), 'code is', 'codes are')} spelled in other letters' case or with "
        f"other blanks than in the codebook; so {n_of(len(renamed), 'segment is', 'segments are')} coded.",
        table="segments",
        column="code",
        rows=renamed[ROW].tolist(),
        why="Counted apart, one code would become several.",
        done="They were read as the codes of the codebook.",
        fix="If they are different codes, give them names that differ in more than case.",
    )


RULES = (
    unknown_codes,
    codes_without_construct,
    segments_without_coder,
    coder_spellings,
    undeclared_coders,
    changed_transcripts,
    crosswalk_used,
)
