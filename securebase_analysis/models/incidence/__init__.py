"""How placements end, over time: the incidence of each exit, tests between groups, and mean time in placement."""

from securebase_analysis.models.incidence.answer import IncidenceResult
from securebase_analysis.models.incidence.verb import cumulative_incidence

__all__ = ["IncidenceResult", "cumulative_incidence"]
