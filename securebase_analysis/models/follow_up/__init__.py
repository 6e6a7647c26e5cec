"""Placements followed from day to day: who was at risk when, and which scores were known by then."""

from __future__ import annotations

from securebase_analysis.models.follow_up.answer import FollowedPlacements
from securebase_analysis.models.follow_up.verb import follow_placements

__all__ = ["FollowedPlacements", "follow_placements"]
