"""Which items of the codebook measure which construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from securebase_analysis.errors import ModelError, Problem, check_option, raise_if_stopped
from securebase_analysis.measures.invariance.constructs import of_the_model
from securebase_analysis.models.measurement.told_of_constructs import (
    not_measured,
    nothing_asked,
    nothing_measured,
    side_not_measured,
    too_few_items,
    whole_and_part,
)
from securebase_analysis.study.codebook import Codebook
from securebase_analysis.theory import SIDES


@dataclass(frozen=True)
class Measured:
    """A construct, the questionnaire that measures it, and the items.

    Attributes
    ----------
    construct, instrument : str
        Their names in the codebook.
    items : tuple of str
        In the order of the codebook, with those of its parts.
    parts : tuple of str
        The parts that have items of their own.
    """

    construct: str
    instrument: str
    items: tuple[str, ...]
    parts: tuple[str, ...] = ()


def constructs_measured(
    codebook: Codebook, asked: Sequence[str] | None, instrument: str | None, without: Sequence[str]
) -> tuple[Measured, ...]:
    """The constructs that were asked for, each with the items of the first questionnaire that measures it.

    Parameters
    ----------
    codebook : Codebook
        Items and their constructs.
    asked : sequence of str or None
        Constructs, or the name of a side; None for all ten that are measured.
    instrument : str or None
        The questionnaire to take the items from.
    without : sequence of str
        Items to leave out.

    Raises
    ------
    ModelError
        When constructs are not measured, or by fewer items than a model needs.
    """
    instruments = list(codebook.instruments["instrument"])
    if instrument is not None:
        check_option("instrument", instrument, instruments)
        instruments = [instrument]
    known = _known(codebook, instruments)
    if not known:
        raise ModelError(nothing_measured(instrument))
    names = _names(asked, known)
    if not names:
        raise ModelError(nothing_asked(list(known)))
    items = list(dict.fromkeys(item for one in known.values() for item in one.items))
    for item in without:
        check_option("without", item, items)
    raise_if_stopped(_unknown(asked, names, known), ModelError)
    found = [replace(known[name], items=_left(known[name].items, without)) for name in names]
    raise_if_stopped([*whole_and_part(names), *_few(found)], ModelError)
    return tuple(found)


def _known(codebook: Codebook, instruments: Sequence[str]) -> dict[str, Measured]:
    """Every construct that a questionnaire measures by items that weigh something."""
    known: dict[str, Measured] = {}
    for instrument in instruments:
        for construct in codebook.constructs_of(instrument):
            items = codebook.items_of(instrument, construct)
            items = items[items["weight"] != 0.0]
            if len(items):
                parts = tuple(name for name in dict.fromkeys(items["construct"]) if name != construct)
                known.setdefault(construct, Measured(construct, instrument, tuple(items["item"]), parts))
    return known


def _names(asked: Sequence[str] | None, known: dict[str, Measured]) -> list[str]:
    """Constructs by name; those of the model by default, or, where there are none, all that are no parts."""
    if asked is None:
        return of_the_model(known)
    if len(asked) == 1 and asked[0] in SIDES:
        return list(SIDES[asked[0]])
    return list(dict.fromkeys(map(str, asked)))


def _unknown(asked: Sequence[str] | None, names: Sequence[str], known: dict[str, Measured]) -> list[Problem]:
    """Constructs without items: each that was named, or those of a side together."""
    unknown = [name for name in names if name not in known]
    if unknown and asked is not None and asked[0] in SIDES:
        return [side_not_measured(asked[0], unknown, [name for name in names if name in known])]
    return [not_measured(name, list(known)) for name in unknown]


def _left(items: tuple[str, ...], without: Sequence[str]) -> tuple[str, ...]:
    return tuple(item for item in items if item not in without)


def _few(found: Sequence[Measured]) -> list[Problem]:
    """Constructs with fewer items than can be told apart from their errors."""
    needed = 3 if len(found) == 1 else 2
    enough = [one.construct for one in found if len(one.items) >= needed]
    return [
        too_few_items(one.construct, len(one.items), needed, enough) for one in found if len(one.items) < needed
    ]
