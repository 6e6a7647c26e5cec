"""How the dimensions interact: whether the slope of one depends on the level of another."""

from securebase_analysis.models.moderation.answer import ModerationResult
from securebase_analysis.models.moderation.verb import fit_moderation

__all__ = ["ModerationResult", "fit_moderation"]
