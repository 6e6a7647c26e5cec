"""How the dimensions relate: between children, within children over the waves, and beside the model's claims."""

from securebase_analysis.models.relations.answer import RelationsResult
from securebase_analysis.models.relations.verb import relate_dimensions

__all__ = ["RelationsResult", "relate_dimensions"]
