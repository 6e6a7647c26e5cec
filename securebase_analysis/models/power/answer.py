"""The plan of a panel study: which models the children can carry, and what each would find."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from securebase_analysis.models.power.expected_errors import Expectations
from securebase_analysis.models.power.request import PlanRequest
from securebase_analysis.models.power.ways import Way
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result

COLUMNS = [
    "way", "constructs", "n_parameters", "n_children", "can_be_fitted", "std_error", "power", "smallest_effect",
    "false_alarms", "simulated", "power_simulated", "coverage_simulated", "call",
]  # fmt: skip
"""Of `PanelPlan.ways`."""
SIZES = np.arange(0.0, 0.61, 0.05)
"""Effects of the curves of power, in standard deviations."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PanelPlan(Result):
    """Ways to ask how constructs act on one another, with what each would find.

    Attributes
    ----------
    ways : pandas.DataFrame
        A row per way: ``way``, ``constructs`` (how many at a time), ``n_parameters``, ``n_children`` (seen at any
        wave), ``can_be_fitted``, ``std_error`` (expected, of the effect that is looked for), ``power``,
        ``smallest_effect`` (found with the power asked for; missing where none is), ``false_alarms`` (chance to
        report an effect where children only differ for good), ``simulated`` (panels that were fitted),
        ``power_simulated``, ``coverage_simulated`` and ``call``, the line to copy. What cannot be fitted has no
        figures.
    can_be_fitted : tuple of Way
        Those that the children can carry.
    scores : pandas.DataFrame
        The scores planned for, of which only is used which are missing.
    request : PlanRequest
        As it was made.
    """

    ways: pd.DataFrame
    can_be_fitted: tuple[Way, ...]
    scores: pd.DataFrame
    request: PlanRequest

    @cached_property
    def power_curves(self) -> pd.DataFrame:
        """Power by the size of the effect.

        Returns
        -------
        pandas.DataFrame
            ``way, constructs, effect, power``, for the ways that can be fitted; missing where there is no process
            with such an effect.
        """
        rows = []
        for way in self.can_be_fitted:
            expectations, n = Expectations(way.panel, self.scores, way.prior), len(way.panel.constructs)
            for size in SIZES:
                power = expectations.power_of(self.request.assumed.of_size(float(size)), self.conf_level)
                rows.append((way.name, n, float(size), power))
        return pd.DataFrame(rows, columns=["way", "constructs", "effect", "power"])

    @property
    def calls(self) -> list[str]:
        """The lines to copy, of the ways that can be fitted."""
        return list(self.ways.loc[self.ways["can_be_fitted"], "call"])

    def _shown(self, conf_level: float) -> pd.DataFrame:
        """The ways in words; the lines to copy stand below."""
        ways = self.ways
        table = pd.DataFrame(
            {
                "Way": ways["way"],
                "Parameters": ways["n_parameters"].astype(str),
                "Can be fitted": ["yes" if one else "no" for one in ways["can_be_fitted"]],
                "SE": [wording.number(value) for value in ways["std_error"]],
                "Power": [wording.number(value) for value in ways["power"]],
                "Smallest effect": [wording.number(value) for value in ways["smallest_effect"]],
                "False alarms": [wording.number(value) for value in ways["false_alarms"]],
            }
        )
        if ways["simulated"].gt(0).any():
            table["Power, simulated"] = [wording.number(value) for value in ways["power_simulated"]]
            table["Coverage, simulated"] = [wording.number(value) for value in ways["coverage_simulated"]]
        return table

    def _facts_line(self) -> str:
        """Children, then the lines to copy."""
        seen = wording.count(int(self.facts["n_rows"]), "child", "children")
        lines = "\n".join(f"    {call}" for call in self.calls)
        return f"{seen}.\n\nTo copy:\n\n{lines}" if lines else f"{seen}, who carry none of these."
