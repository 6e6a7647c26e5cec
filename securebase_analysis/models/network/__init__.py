"""Networks of partial correlations: which constructs go together given all the others, and how sure that is."""

from securebase_analysis.models.network.answer import NetworkResult
from securebase_analysis.models.network.verb import fit_network

__all__ = ["NetworkResult", "fit_network"]
