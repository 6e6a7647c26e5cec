"""What stands under a measurement model before what stands under every structural equation model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from securebase_analysis import theory
from securebase_analysis.models.measurement.answered import Answered
from securebase_analysis.models.measurement.constructs import Measured
from securebase_analysis.study.codebook import Codebook


def notes_of(
    found: Answered, measured: Sequence[Measured], codebook: Codebook, named: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """What was measured by what, chosen and turned."""
    notes = [_source(codebook, measured), *(problem.sentence for problem in found.problems)]
    return (*notes, *_turned(codebook, measured), *_parts(measured), *_pairs(measured), *_renamed(named))


def _source(codebook: Codebook, measured: Sequence[Measured]) -> str:
    """Which items measure what."""
    instruments = ", ".join(dict.fromkeys(one.instrument for one in measured))
    lacking = [name for name in theory.TEN_CONSTRUCTS if name not in {one.construct for one in measured}]
    some = any(one.construct in theory.TEN_CONSTRUCTS for one in measured)
    rest = f" Not in the model: {', '.join(lacking)}." if lacking and some else ""
    return f"Items and constructs are those of codebook {codebook.name} {codebook.version} ({instruments}).{rest}"


def _turned(codebook: Codebook, measured: Sequence[Measured]) -> Iterator[str]:
    """Items that were reversed."""
    turned = [
        row.item
        for one in measured
        for row in codebook.items_of(one.instrument, one.construct).itertuples()
        if row.reversed and row.item in one.items
    ]
    if turned:
        yield f"Turned, low + high - answer: {', '.join(map(str, dict.fromkeys(turned)))}."


def _parts(measured: Sequence[Measured]) -> Iterator[str]:
    """Constructs whose items are those of their parts."""
    for one in measured:
        if len(one.parts) > 1:
            yield (
                f"{one.construct} has the items of {' and '.join(one.parts)} and is taken as one thing; to tell "
                "them apart, name the parts in its place."
            )


def _pairs(measured: Sequence[Measured]) -> Iterator[str]:
    """Constructs of two items."""
    two = [one.construct for one in measured if len(one.items) == 2]
    if two:
        yield f"{', '.join(two)}: two items, told apart from their errors by the other constructs alone."


def _renamed(named: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Names that a model cannot hold."""
    otherwise = [f"{old} is {new}" for old, new in named if old != new]
    if otherwise:
        yield f"Called otherwise in the model: {', '.join(otherwise)}."
