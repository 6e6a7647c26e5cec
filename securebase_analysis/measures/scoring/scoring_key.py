"""What the codebook says about one questionnaire, laid out as arrays in the order of its items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import FACTOR

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScaleKey:
    """How one construct is scored from the items of one questionnaire.

    Attributes
    ----------
    construct : str
        Name of the score.
    items : tuple of str
        Columns; empty when the scale is a sum of others.
    low, high, weights : numpy.ndarray, shape (items,)
        Range and weight of each item.
    reversed : numpy.ndarray of bool, shape (items,)
        Items for which a high answer means little of the construct.
    parts : numpy.ndarray of int, shape (items,)
        Which part of the construct each item belongs to; items of the whole itself are a part of their own.
    minimum_answered : int
        Fewest answers that still give a score; never more than there are items.
    sum_of : tuple of str
        The scales that add up to this one.
    part_names : tuple of str
        What the parts are called, by their number in `parts`.
    """

    construct: str
    items: tuple[str, ...]
    low: Floats
    high: Floats
    reversed: NDArray[np.bool_]
    weights: Floats
    parts: NDArray[np.int_]
    minimum_answered: int
    sum_of: tuple[str, ...] = ()
    part_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ScoringKey:
    """How one questionnaire is scored: its rule and its scales, wholes before parts before sums."""

    instrument: str
    informants: tuple[str, ...]
    rule: str
    rounding: str
    metric: str
    minimum_answered: int
    scales: tuple[ScaleKey, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """Every item once, in the codebook's order of scales."""
        return tuple(dict.fromkeys(item for scale in self.scales for item in scale.items))

    @property
    def ranges(self) -> tuple[Floats, Floats]:
        """Lowest and highest possible answer of each of `items`."""
        low = {item: value for scale in self.scales for item, value in zip(scale.items, scale.low)}
        high = {item: value for scale in self.scales for item, value in zip(scale.items, scale.high)}
        return np.array([low[item] for item in self.items]), np.array([high[item] for item in self.items])

    @property
    def rule_text(self) -> str:
        """The rule in words, for the column `rule`."""
        rule = "one factor" if self.rule == FACTOR else self.rule
        rounding = ", rounded half up" if self.rounding == "half up" else ""
        metric = ", 0-100" if self.metric == "0-100" else ""
        return f"{rule} of items, at least {self.minimum_answered} answered{rounding}{metric}"


def scoring_key(codebook: Codebook, instrument: str) -> ScoringKey:
    """Lay out the codebook's rows for one instrument."""
    rule = codebook.rule_of(instrument)
    return ScoringKey(
        instrument=instrument,
        informants=tuple(rule["informants"]),
        rule=str(rule["rule"]),
        rounding=str(rule["rounding"]),
        metric=str(rule["metric"]),
        minimum_answered=int(rule["minimum_answered"]),
        scales=tuple(
            _scale_key(codebook, instrument, construct, int(rule["minimum_answered"]))
            for construct in codebook.constructs_of(instrument)
        ),
    )


def _scale_key(codebook: Codebook, instrument: str, construct: str, minimum: int) -> ScaleKey:
    """The items of a construct with those of its parts, or the scales that add up to it."""
    items = codebook.items_of(instrument, construct)
    parts, part_names = pd.factorize(items["construct"])
    return ScaleKey(
        construct=construct,
        items=tuple(items["item"]),
        low=items["low"].to_numpy(float),
        high=items["high"].to_numpy(float),
        reversed=items["reversed"].to_numpy(bool),
        weights=items["weight"].to_numpy(float),
        parts=parts,
        minimum_answered=min(minimum, len(items)),
        sum_of=_sum_of(codebook, construct),
        part_names=tuple(part_names),
    )


def _sum_of(codebook: Codebook, construct: str) -> tuple[str, ...]:
    parts: Any = codebook.scales.loc[codebook.scales["scale"] == construct, "sum_of"]
    return tuple(parts.iloc[0]) if len(parts) else ()
