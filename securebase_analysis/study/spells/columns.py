"""Which columns of a table of placements hold what, whether it is an English return or a plain table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from securebase_analysis.errors import nearest
from securebase_analysis.study.schema import BIRTH_DATE, TABLES


@dataclass(frozen=True)
class PlacementColumns:
    """The names of the columns of a table of placements; empty where there is none.

    Attributes
    ----------
    child, start : str
        Without these there is no history.
    site, end, type, provider, birth_date : str
        Of either form.
    carer, end_reason, placement_id : str
        Of a plain table: one row a placement.
    began, legal_status, exit_reason, change_reason, urn, postcode : str
        Of a return: one row an episode (RNE, LS, REC, REASON_PLACE_CHANGE, URN, PL_POST).
    """

    child: str = "child"
    start: str = "start"
    site: str = ""
    end: str = ""
    type: str = ""
    provider: str = ""
    birth_date: str = ""
    carer: str = ""
    end_reason: str = ""
    placement_id: str = ""
    began: str = ""
    legal_status: str = ""
    exit_reason: str = ""
    change_reason: str = ""
    urn: str = ""
    postcode: str = ""

    @property
    def coded(self) -> bool:
        """Whether the rows say by a code why they begin, as those of a return do."""
        return bool(self.began)


NUMBERED = re.compile(r"(.*?[A-Za-z_ ])([0-9]{1,2})")
_PLACEMENTS = TABLES["placements"]
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    **{
        name: (name, *_PLACEMENTS[name].aliases)
        for name in ("site", "child", "carer", "start", "end", "end_reason")
    },
    "type": ("type", *_PLACEMENTS["type"].aliases),
    "provider": ("place_provider", "provider", "placement_provider"),
    "birth_date": ("birth_date", *BIRTH_DATE.aliases),
    "placement_id": ("placement_id",),
    "began": ("rne", "reason_new_episode", "began"),
    "legal_status": ("ls", "legal_status"),
    "exit_reason": ("rec", "reason_episode_ceased"),
    "change_reason": ("reason_place_change", "reason_placement_change"),
    "urn": ("urn", "provider_urn"),
    "postcode": ("pl_post", "placement_postcode"),
}


def find_columns(names: Iterable[str]) -> PlacementColumns:
    """Recognise the columns of a table by their usual names, in small or capital letters.

    Parameters
    ----------
    names : iterable of str
        Column names.

    Returns
    -------
    PlacementColumns

    Examples
    --------
    >>> find_columns(["CHILD", "DECOM", "DEC", "RNE", "PLACE"]).coded
    True
    >>> find_columns(["child", "carer", "from", "to"]).start
    'from'
    """
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(str(name).strip().casefold(), str(name))
    found = {
        slot: next((by_name[alias] for alias in aliases if alias in by_name), "")
        for slot, aliases in ALSO_CALLED.items()
    }
    known = {field.name for field in fields(PlacementColumns)}
    return PlacementColumns(**{slot: name for slot, name in found.items() if slot in known})


FORM = "placement_history(placements) with child, carer, start and end, or with the columns of an SSDA903 return"


def other_columns(names: Iterable[object], lacking: Sequence[str]) -> str:
    """What to do with a table whose columns have other names, or stand side by side for each placement.

    Examples
    --------
    >>> other_columns(["Child ID", "carer", "Start date"], ["child", "start"])
    "placement_history(data.rename(columns={'Child ID': 'child', 'Start date': 'start'}))"
    >>> other_columns(["child", "start1", "end1", "start2", "end2"], ["start"])
    "pd.wide_to_long(data, ['start', 'end'], i='child', j='number').reset_index().dropna(subset=['start'])"
    """
    there = [str(name) for name in names]
    stems = [found[1] for name in there if (found := NUMBERED.fullmatch(name))]
    repeated = [stem for stem in dict.fromkeys(stems) if stems.count(stem) > 1]
    if "start" in lacking and any(stem.casefold().strip("_ ") in ALSO_CALLED["start"] for stem in repeated):
        child = next((name for name in there if name.casefold() in ALSO_CALLED["child"]), "child")
        first = next(stem for stem in repeated if stem.casefold().strip("_ ") in ALSO_CALLED["start"])
        return (
            f"pd.wide_to_long(data, {repeated!r}, i={child!r}, j='number').reset_index()"
            f".dropna(subset=[{first!r}])"
        )
    meant = {}
    for slot in lacking:
        like = [name for name in there if slot in name.casefold().replace("_", " ").split()]
        guess = like[0] if like else nearest(slot, there)
        if guess and guess not in meant:
            meant[guess] = slot
    if len(meant) < len(lacking) or not lacking:
        return FORM
    return f"placement_history(data.rename(columns={meant!r}))"
