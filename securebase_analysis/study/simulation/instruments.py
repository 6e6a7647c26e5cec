"""The codebook of the simulated study: two questionnaires of our own, the SDQ key, interview codes, ratings.

The items have numbers and no wording: nobody was asked anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from securebase_analysis import theory
from securebase_analysis.study.codebook import Codebook, make_codebook
from securebase_analysis.study.codebook_files import load_codebook

ABOUT_THE_CARER, ABOUT_THE_CHILD, SDQ = "secure_base_carer", "secure_base_child", "sdq"
LOWEST, HIGHEST = 1, 5
ITEMS_A_CONSTRUCT, ITEMS_A_PART = 5, 4
REFUSED_CODE, NOT_ASKED_CODE = 8, 9
CODERS = ("C1", "C2", "C3")
USES = ("sdq", "secure_base_interview")


@dataclass(frozen=True)
class ItemGroup:
    """The items of one construct: their names in the data, and which of them run against it."""

    construct: str
    items: tuple[str, ...]
    reversed: tuple[bool, ...]


_PREFIXES = {
    "availability": "av",
    "sensitivity": "sn",
    "acceptance": "ac",
    "cooperation": "co",
    "family_membership_foster": "ff",
    "family_membership_birth": "fb",
    "trust": "tr",
    "managing_feelings": "mf",
    "self_esteem": "es",
    "effectiveness": "ef",
    "belonging_foster": "bf",
    "belonging_birth": "bb",
}


def item_groups(instrument: str) -> list[ItemGroup]:
    """The constructs that one of our questionnaires asks about, and the items of each."""
    side = "caregiving" if instrument == ABOUT_THE_CARER else "benefit"
    return [_item_group(name) for name in _PREFIXES if theory.construct(name).side == side]


def _item_group(name: str) -> ItemGroup:
    is_part = bool(theory.construct(name).part)
    n_items = ITEMS_A_PART if is_part else ITEMS_A_CONSTRUCT
    n_reversed = 1 if is_part else 2
    items = tuple(f"{_PREFIXES[name]}{number}" for number in range(1, n_items + 1))
    return ItemGroup(name, items, tuple(number >= n_items - n_reversed for number in range(n_items)))


def own_codebook(n_waves: int, months_between: float) -> Codebook:
    """What is the study's own: waves, questionnaires, missing codes, coders."""
    return make_codebook(
        "Simulated long-term foster care cohort",
        "1",
        {
            "waves": [
                {"wave": n + 1, "label": f"Wave {n + 1}", "aliases": [f"T{n + 1}"], "months": n * months_between}
                for n in range(n_waves)
            ],
            "instruments": [
                _instrument(ABOUT_THE_CARER, "Secure base caregiving (simulated)"),
                _instrument(ABOUT_THE_CHILD, "Secure base benefits (simulated)"),
            ],
            "items": [row for name in (ABOUT_THE_CARER, ABOUT_THE_CHILD) for row in _item_rows(name)],
            "missing_codes": [
                {"instrument": "*", "code": str(REFUSED_CODE), "reason": "refused"},
                {"instrument": "*", "code": str(NOT_ASKED_CODE), "reason": "not asked"},
            ],
            "coders": [{"coder": coder, "aliases": [f"Coder {coder[1:]}"]} for coder in CODERS],
        },
    )


def _instrument(name: str, title: str) -> dict[str, object]:
    return {
        "instrument": name,
        "title": title,
        "informants": ["carer"],
        "rule": "mean",
        "minimum_answered": 3,
        "source": "made up for the simulated study",
    }


def _item_rows(instrument: str) -> list[dict[str, object]]:
    return [
        {
            "item": item,
            "instrument": instrument,
            "construct": group.construct,
            "low": LOWEST,
            "high": HIGHEST,
            "reversed": runs_against,
        }
        for group in item_groups(instrument)
        for item, runs_against in zip(group.items, group.reversed, strict=True)
    ]


def study_codebook(n_waves: int, months_between: float) -> Codebook:
    """The study's own codebook with the SDQ key and the starter interview codes."""
    codebook = _combined(n_waves, months_between)
    return replace(codebook, **{name: table.copy() for name, table in codebook.tables.items()})


@cache
def _combined(n_waves: int, months_between: float) -> Codebook:
    """Checking all tables takes longer than simulating fifty children; a study of power does it once."""
    codebook = own_codebook(n_waves, months_between)
    for shipped in USES:
        codebook = codebook.combined_with(load_codebook(shipped))
    return codebook
