"""What the codebook says about one questionnaire, laid out as arrays in the order of its items."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from securebase_analysis.study.codebook import Codebook
from securebase_analysis.study.codebook_columns import FACTOR, LOWEST, PRORATED

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
    own_minimum : bool
        Whether `minimum_answered` is this scale's own and not that of the questionnaire.
    converted_from : str
        The scale of which this one is another metric; empty for all others.
    conversion : numpy.ndarray, shape (scores, 2)
        Score there and score here, ascending.
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
    own_minimum: bool = False
    converted_from: str = ""
    conversion: Floats = field(default_factory=lambda: np.empty((0, 2)))


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
    minimum_of_form: int = 0
    blanks: str = PRORATED

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
        blanks = ", blanks at the lowest answer" if self.blanks == LOWEST else ""
        return f"{rule} of items, {self.asked_for}{blanks}{rounding}{metric}"

    @property
    def asked_for(self) -> str:
        """How many answers give a score, in words."""
        fewest = sorted({scale.minimum_answered for scale in self.scales if scale.items})
        fewest = fewest if any(scale.own_minimum for scale in self.scales) else [self.minimum_answered]
        words = (
            f"at least {' to '.join(str(number) for number in dict.fromkeys((fewest[0], fewest[-1])))} answered"
        )
        return f"{words}, {self.minimum_of_form} of the form" if self.minimum_of_form else words


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
        minimum_of_form=int(rule["minimum_of_form"]),
        blanks=str(rule["blanks"]),
    )


def _scale_key(codebook: Codebook, instrument: str, construct: str, minimum: int) -> ScaleKey:
    """The items of a construct with those of its parts, or the scales that it is made of."""
    items = codebook.items_of(instrument, construct)
    parts, part_names = pd.factorize(items["construct"])
    named = codebook.scales[codebook.scales["scale"] == construct].to_dict("records")
    scale: dict[Hashable, Any] = named[0] if named else {}
    own_minimum = int(scale.get("minimum_answered", 0))
    return ScaleKey(
        construct=construct,
        items=tuple(items["item"]),
        low=items["low"].to_numpy(float),
        high=items["high"].to_numpy(float),
        reversed=items["reversed"].to_numpy(bool),
        weights=items["weight"].to_numpy(float),
        parts=parts,
        minimum_answered=own_minimum or min(minimum, len(items)),
        sum_of=tuple(scale.get("sum_of", ())),
        part_names=tuple(part_names),
        own_minimum=own_minimum > 0,
        converted_from=str(scale.get("converted_from", "")),
        conversion=_conversion(codebook, construct),
    )


def _conversion(codebook: Codebook, scale: str) -> Floats:
    """Scores and what they are converted to, ascending; empty when the scale is not a conversion."""
    table = codebook.conversions
    mine = table.loc[table["scale"] == scale, ["score", "converted"]].sort_values("score")
    return mine.to_numpy(float)
