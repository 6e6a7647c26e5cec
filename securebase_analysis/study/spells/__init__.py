"""Placement rows become spells: by named rules, each counted, none silent."""

from __future__ import annotations

from securebase_analysis.study.spells.history import PlacementHistory, placement_history
from securebase_analysis.study.spells.options import SpellRules

__all__ = ["PlacementHistory", "SpellRules", "placement_history"]
