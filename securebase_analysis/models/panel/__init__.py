"""Panel models: how constructs act on one another from wave to wave."""

from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.growth_answer import GrowthCurvesResult
from securebase_analysis.models.panel.verb import fit_panel

__all__ = ["GrowthCurvesResult", "PanelResult", "fit_panel"]
