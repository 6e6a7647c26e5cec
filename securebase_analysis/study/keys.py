"""Site, child, wave and informant written the same way in every table of a study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from securebase_analysis.errors import Problem, nearest
from securebase_analysis.results.wording import count as n_of
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import as_frame, filled_table
from securebase_analysis.study.draft import Draft, problems_in
from securebase_analysis.study.file_rows import ENTRY, ROW
from securebase_analysis.study.schema import KEY

WHOLE = re.compile(r"\d{1,9}(?:\.0)?")
WITH_WAVE = ("waves", "sources", "ratings")
NUMBERED = re.compile(r"(?:wave|time|visit|phase|w|t)?[\s_\-]*0*(\d{1,9})", re.IGNORECASE)
NAMES_SHOWN = 6


@dataclass(frozen=True, eq=False)
class _Step:
    """A draft on its way, with what was found."""

    draft: Draft
    problems: tuple[Problem, ...] = ()


def with_keys(draft: Draft) -> Draft:
    """The draft with sites filled in, waves as numbers and informants in the codebook's words.

    Parameters
    ----------
    draft : Draft
        As the files were read.

    Returns
    -------
    Draft
        Problems found on the way are added to its problems: SB-ID-03 (a child's site is not clear), SB-WAVE-01 (a
        wave that the codebook does not name), SB-ITEM-33 and SB-ITEM-34 (an informant missing or unknown).
    """
    for step in (_same_sites, _filled_sites, _children_from_data, _numbered_waves, _known_informants):
        done = step(draft)
        draft = replace(done.draft, problems=(*draft.problems, *done.problems))
    return draft


def _with_tables(draft: Draft, changed: Mapping[str, pd.DataFrame]) -> Draft:
    """The draft with some tables replaced, answers among them."""
    tables = {name: changed.get(name, frame) for name, frame in draft.tables.items()}
    answers = {name: changed.get(name, frame) for name, frame in draft.answers.items()}
    return replace(draft, tables=tables, answers=answers)


# --- sites ------------------------------------------------------------------------------------------------------


def _same_sites(draft: Draft) -> _Step:
    """Spellings of a site that differ in case or blanks only become one."""
    with_site = [(name, frame) for name, frame in draft.all_tables() if "site" in frame]
    given = pd.concat([frame["site"] for _, frame in with_site], ignore_index=True).dropna()
    counts = given.value_counts(sort=False)
    chosen: dict[str, str] = {}
    for site in counts.sort_values(ascending=False, kind="stable").index:
        chosen.setdefault(" ".join(str(site).split()).casefold(), str(site))
    spelling = {site: chosen[" ".join(str(site).split()).casefold()] for site in counts.index}
    if all(site == one for site, one in spelling.items()):
        return _Step(draft)
    changed = {name: frame.assign(site=frame["site"].map(spelling).astype("str")) for name, frame in with_site}
    n_united = len(spelling) - len(set(spelling.values()))
    problem = Problem(
        "SB-FILE-19",
        "warn",
        f"{n_of(n_united, 'spelling of a site differs', 'spellings of sites differ')} from another in case or "
        "blanks only.",
        table="all tables",
        column="site",
        why="Counted apart, the children of one site would not be found in the other tables.",
        done="They were read as one site each.",
        fix="If they are different sites, give them names that differ in more than case.",
    )
    return _Step(_with_tables(draft, changed), (problem,))


def _filled_sites(draft: Draft) -> _Step:
    """Give each row without a site the only one that its child (or carer) has; refuse where there are several."""
    draft, problems = _filled_by(draft, "child", [name for name, _ in draft.linked_tables()] + ["children"])
    draft, found = _filled_by(draft, "carer", ["carers"])
    return _Step(draft, tuple(problems + found))


def _filled_by(draft: Draft, key: str, names: list[str]) -> tuple[Draft, list[Problem]]:
    """Fill in the sites of some tables by a key."""
    tables = dict(draft.all_tables())
    known = [frame[["site", key]] for frame in tables.values() if {"site", key} <= set(frame.columns)]
    pairs = pd.concat(known, ignore_index=True).dropna().drop_duplicates()
    n_sites = pairs[key].value_counts()
    only = pairs[pairs[key].map(n_sites) == 1].set_index(key)["site"]
    several = set(n_sites.index[n_sites > 1])
    changed, problems = {}, []
    for name in names:
        frame = tables[name]
        empty = frame["site"].isna()
        if not empty.any():
            continue
        unclear = empty & frame[key].isin(several) if several else empty & False
        problems += _unclear_sites(draft, frame, unclear) if key == "child" else []
        filled = frame[key].map(only) if len(only) else pd.Series("", index=frame.index)
        filled = filled.fillna("").mask(unclear)
        changed[name] = frame.assign(site=frame["site"].fillna(filled).astype("str"))
    return _with_tables(draft, changed), problems


def _unclear_sites(draft: Draft, frame: pd.DataFrame, unclear: pd.Series) -> list[Problem]:
    """Rows that could belong to children of several sites."""
    return problems_in(
        draft,
        frame,
        unclear,
        "child",
        "SB-ID-03",
        "stop",
        "{rows} rows have an id that occurs in more than one site, and the file does not say which is meant.",
        why="The rows of one child would be joined to another child.",
        done="Nothing was joined.",
        fix='Name the column with the site: columns = { site = "agency" }; where the file holds one site, '
        'site = "Leeds".',
    )


def _children_from_data(draft: Draft) -> _Step:
    """Where a study has no table of children, the children that its other tables name."""
    if draft.study_file.of("children"):
        return _Step(draft)
    named = [frame[[*KEY, ENTRY, ROW]] for _, frame in draft.linked_tables()]
    found = pd.concat(named, ignore_index=True).dropna(subset="child").drop_duplicates([*KEY])
    children = draft.tables["children"].reindex(found.index)
    children = children.assign(**{name: found[name] for name in found}).reset_index(drop=True)
    problem = Problem(
        "SB-ID-30",
        "note",
        "The study has no table of children.",
        table="study.toml",
        column="children",
        why="Sex, age and care are not known, and children of whom there are no data do not count.",
        done=f"{len(children)} children were taken from the other tables.",
        fix='[children]\nfile = "children.csv"',
    )
    return _Step(_with_tables(draft, {"children": children}), (problem,))


# --- waves ------------------------------------------------------------------------------------------------------


def _numbered_waves(draft: Draft) -> _Step:
    """Wave names as the numbers of the codebook."""
    names = [*WITH_WAVE, *draft.answers]
    tables = dict(draft.all_tables())
    codebook, problems = _codebook_with_waves(draft, [tables[name] for name in names])
    draft = replace(draft, codebook=codebook)
    only = int(codebook.waves["wave"].iloc[0]) if len(codebook.waves) == 1 else None
    changed = {}
    for name in names:
        frame = tables[name]
        given = frame["wave"].dropna().unique()
        numbers = {wave: codebook.wave_of(wave) for wave in given}
        waves = frame["wave"].map(numbers).astype("Int64")
        unknown = frame["wave"].notna() & waves.isna()
        problems += _unknown_waves(draft, frame, unknown)
        if only is not None:
            waves = waves.mask(frame["wave"].isna(), only)
        problems += _without_wave(draft, frame, frame["wave"].isna() & waves.isna())
        changed[name] = frame.assign(wave=waves)
    return _Step(_with_tables(draft, changed), tuple(problems))


def _codebook_with_waves(draft: Draft, frames: list[pd.DataFrame]) -> tuple[Codebook, list[Problem]]:
    """The codebook; where it lists no waves, the whole numbers that the files use."""
    codebook = draft.codebook
    if len(codebook.waves) or not any(len(frame) for frame in frames):
        return codebook, []
    given = {str(wave) for frame in frames for wave in frame["wave"].dropna().unique()}
    found = sorted({int(float(wave)) for wave in given if WHOLE.fullmatch(wave)}) or [1]
    if given and not all(WHOLE.fullmatch(wave) for wave in given):
        return codebook, []
    waves, _ = filled_table("waves", as_frame([{"wave": wave, "label": f"Wave {wave}"} for wave in found]))
    problem = Problem(
        "SB-WAVE-31",
        "note",
        "The codebook lists no waves.",
        table="codebook: waves",
        column="wave",
        why="Without planned months nobody can say when a wave is due.",
        done=f"Taken from the files: {', '.join(map(str, found))}.",
        fix='waves = [{ wave = 1, label = "Start", months = 0 }, { wave = 2, label = "One year", months = 12 }]',
    )
    return replace(codebook, waves=waves), [problem]


def _unknown_waves(draft: Draft, frame: pd.DataFrame, unknown: pd.Series) -> list[Problem]:
    """Wave names that the codebook does not know, with the lines to add to it."""
    known = draft.codebook.waves
    given = [str(wave) for wave in frame.loc[unknown, "wave"].unique()]
    lines = [line for wave in given[:NAMES_SHOWN] if (line := _alias_line(wave, known))]
    example = ", ".join(lines) or '{ wave = 1, aliases = ["T1"] }'
    return problems_in(
        draft,
        frame,
        unknown,
        "wave",
        "SB-WAVE-01",
        "stop",
        "{rows} rows name a wave that the codebook lacks; it has "
        f"{', '.join(map(str, known['wave'])) or 'none'}.",
        why="Rows of one wave under two names are never joined.",
        done="Nothing was guessed.",
        fix=f"Add the names to the waves of the codebook: {example}",
    )


def _alias_line(wave: str, known: pd.DataFrame) -> str:
    """The line of the codebook that would make a name known; empty for names that may be anything."""
    found = NUMBERED.fullmatch(wave)
    if found is None:
        return ""
    number = int(found[1])
    return (
        f'{{ wave = {number}, aliases = ["{wave}"] }}'
        if number in set(known["wave"])
        else f"{{ wave = {number} }}"
    )


def _without_wave(draft: Draft, frame: pd.DataFrame, empty: pd.Series) -> list[Problem]:
    """Rows that do not say which wave they belong to."""
    return problems_in(
        draft,
        frame,
        empty,
        "wave",
        "SB-WAVE-30",
        "stop",
        "{rows:row does not say which wave it belongs|rows do not say which wave they belong} to.",
        why="Change over time cannot be told from them.",
        done="They were not given to any wave.",
        fix="Fill in the wave; where one file holds one wave, say so in study.toml: wave = 1.",
    )


# --- informants -------------------------------------------------------------------------------------------------


def _known_informants(draft: Draft) -> _Step:
    """Informants in the words of the codebook; the only one where there is only one."""
    changed: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for instrument, frame in draft.answers.items():
        rules = draft.codebook.instruments
        allowed = (
            list(rules.loc[rules["instrument"] == instrument, "informants"].sum() or []) if len(rules) else []
        )
        given = frame["informant"].str.casefold().str.strip()
        known = {str(word).casefold(): str(word) for word in allowed}
        words = {word: known.get(word, word) for word in given.dropna().unique()}
        informants = given.map(words).astype("str")
        if len(allowed) <= 1:
            informants = informants.fillna(allowed[0] if allowed else "")
        problems += _missing_informants(draft, frame, informants.isna(), allowed)
        if allowed:
            problems += _unknown_informants(draft, frame, informants, allowed)
        changed[instrument] = frame.assign(informant=informants)
    sources = draft.tables["sources"]
    changed["sources"] = sources.assign(informant=sources["informant"].str.casefold().fillna("").astype("str"))
    return _Step(_with_tables(draft, changed), tuple(problems))


def _missing_informants(draft: Draft, frame: pd.DataFrame, empty: pd.Series, allowed: list[str]) -> list[Problem]:
    """Rows that do not say who answered, where several people may."""
    return problems_in(
        draft,
        frame,
        empty,
        "informant",
        "SB-ITEM-33",
        "stop",
        f"{{n:row does|rows do}} not say who answered; it may be {', '.join(allowed)}.",
        why="Answers of different people have different cut-offs and must not be mixed.",
        fix=f'informant = "{next(iter(allowed), "")}" in study.toml, or a column informant in the file.',
    )


def _unknown_informants(
    draft: Draft, frame: pd.DataFrame, informants: pd.Series, allowed: list[str]
) -> list[Problem]:
    """Informants that the codebook does not list for the instrument."""
    unknown = informants.notna() & ~informants.isin(allowed)
    guess = nearest(informants[unknown].iloc[0], allowed) if unknown.any() else None
    return problems_in(
        draft,
        frame,
        unknown,
        "informant",
        "SB-ITEM-34",
        "stop",
        "{n:row names|rows name} an informant that the codebook does not list for this instrument.",
        why="Cut-offs and comparisons hold for the informants listed.",
        fix=f"Is {guess!r} meant?" if guess else f"Use {', '.join(allowed)}, or add it to the codebook.",
    )


def planned_months(codebook: Codebook) -> pd.Series:
    """Planned months of each wave, by its number."""
    return pd.Series(
        codebook.waves["months"].to_numpy(dtype=np.float64), index=codebook.waves["wave"].astype("int64")
    ).sort_index()
