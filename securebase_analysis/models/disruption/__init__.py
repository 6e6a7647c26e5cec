"""What goes with the end of a placement: hazards of disruption, of one ending, and of moves."""

from securebase_analysis.models.disruption.answer import DisruptionResult
from securebase_analysis.models.disruption.verb import fit_disruption

__all__ = ["DisruptionResult", "fit_disruption"]
