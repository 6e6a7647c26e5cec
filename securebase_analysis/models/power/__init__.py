"""Plans: which questions the children of a study can answer, and which effects would be found."""

from securebase_analysis.models.power.answer import PanelPlan
from securebase_analysis.models.power.verb import plan_panel

__all__ = ["PanelPlan", "plan_panel"]
