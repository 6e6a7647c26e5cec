"""Panel models: how constructs act on one another from wave to wave."""

from securebase_analysis.models.panel.answer import PanelResult
from securebase_analysis.models.panel.verb import fit_panel

__all__ = ["PanelResult", "fit_panel"]
