"""Which items measure which construct: from a few lines of text, a mapping, or the codebook."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from securebase_analysis.errors import ModelError, Problem, raise_if_stopped
from securebase_analysis.results import wording
from securebase_analysis.study.codebook import Codebook, whole_of
from securebase_analysis.theory import TEN_CONSTRUCTS

LONGEST = 60
"""Letters of a line that a message repeats."""
Constructs = dict[str, tuple[str, ...]]
NAME = re.compile(r"[^\W\d][\w.]*\Z")
LINE = re.compile(r"(?P<construct>[^=~]+)=~(?P<items>.+)\Z", re.DOTALL)


def constructs_of(model: Any) -> Constructs:
    """The items of each construct.

    Parameters
    ----------
    model : str, mapping or Codebook
        Lines such as ``trust =~ t1 + t2 + t3``; construct to items; or a codebook.

    Raises
    ------
    ModelError
        When it says something else, or a construct has fewer than two items.

    Notes
    -----
    Of a codebook the constructs of the model, or, where it has none of them, all that are not parts of another.
    """
    if isinstance(model, Codebook):
        known = measured_by(model)
        found = {name: known[name] for name in of_the_model(known)}
    elif isinstance(model, str):
        found = _of_text(model)
    elif isinstance(model, Mapping):
        found = {str(name): _listed(items) for name, items in model.items()}
        strange = [name for name in found if not NAME.match(name)]
        if strange:
            raise ModelError(_not_understood(f"{_short(strange[0])!r} cannot be the name of a construct."))
    else:
        what = f"model is a {type(model).__name__}, which does not say what items measure."
        raise ModelError(_not_understood(what))
    if not found:
        raise ModelError(_not_understood("The model names no construct."))
    own = [name for name in found if name in items_in(found)]
    if own:
        raise ModelError(_not_understood(f"{_short(own[0])!r} is a construct and an item."))
    raise_if_stopped([_too_few(name, items) for name, items in found.items() if len(set(items)) < 2], ModelError)
    return found


def items_in(constructs: Constructs) -> list[str]:
    """Every item once."""
    return list(dict.fromkeys(item for items in constructs.values() for item in items))


def measured_by(codebook: Codebook) -> Constructs:
    """Every construct of every instrument, by items that weigh something; of several instruments the first."""
    found: Constructs = {}
    for instrument in codebook.instruments["instrument"]:
        for construct in codebook.constructs_of(instrument):
            items = codebook.items_of(instrument, construct)
            names = tuple(items.loc[items["weight"] != 0.0, "item"])
            if names:
                found.setdefault(construct, names)
    return found


def of_the_model(known: Collection[str]) -> list[str]:
    """The constructs of the model among those known; where there are none, all that are not parts of another."""
    own = [name for name in TEN_CONSTRUCTS if name in known]
    return own or [name for name in known if whole_of(name) == name]


def _listed(items: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(items, str) or not isinstance(items, Iterable):
        items = [] if items is None else [items]
    return tuple(dict.fromkeys(map(str, items)))


def _of_text(text: str) -> Constructs:
    """Lines of ``construct =~ item + item``; what follows ``#`` is a remark."""
    found: Constructs = {}
    bare = re.sub(r"#.*", "", text)
    joined = re.sub(r"([+~])\s*\n|\n\s*(?=\+)", r"\1 ", bare)
    for line in re.split(r"[\n;]", joined):
        if not line.strip():
            continue
        match = LINE.match(line)
        if match is None or not NAME.match(match["construct"].strip()):
            raise ModelError(_not_understood(f"The line {_short(line)!r} does not say which items measure what."))
        items = [item.strip() for item in match["items"].split("+")]
        strange = [item for item in items if not NAME.match(item)]
        if strange:
            what = f"In the line {_short(line)!r} the item {_short(strange[0])!r} is not the name of a column."
            raise ModelError(_not_understood(what))
        name = match["construct"].strip()
        found[name] = tuple(dict.fromkeys([*found.get(name, ()), *items]))
    return found


def _short(text: str) -> str:
    """A text as it can stand in a sentence."""
    bare = " ".join(text.split())
    return bare if len(bare) <= LONGEST else f"{bare[:LONGEST]}…"


def _not_understood(what: str) -> Problem:
    return Problem(
        "SB-SEM-61",
        "stop",
        what,
        table="model",
        why="The ladder is built from the items of each construct; what is equal is up to its steps.",
        done="Nothing was fitted.",
        fix='"trust =~ t1 + t2 + t3", or {"trust": ["t1", "t2", "t3"]}, or the codebook; else fit_sem.',
    )


def _too_few(name: str, items: Sequence[str]) -> Problem:
    return Problem(
        "SB-SEM-61",
        "stop",
        f"Construct {_short(name)!r} has {wording.count(len(set(items)), 'item')}.",
        table="model",
        why="What a single item measures cannot be told from what is wrong with it.",
        done="Nothing was fitted.",
        fix=f"Give {_short(name)} three items or more, or leave it out.",
    )
