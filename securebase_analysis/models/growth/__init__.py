"""Change over time in children who are seen again and again, share carers and move between them."""

from securebase_analysis.models.growth.answer import GrowthResult
from securebase_analysis.models.growth.verb import fit_growth

__all__ = ["GrowthResult", "fit_growth"]
