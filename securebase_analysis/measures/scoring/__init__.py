"""From answers, coded interviews and ratings to scores: checked at the door, scored, explained."""

from securebase_analysis.measures.scoring.dimensions import score_dimensions
from securebase_analysis.measures.scoring.explanation import Explanation
from securebase_analysis.measures.scoring.scores import Scores

__all__ = ["Explanation", "Scores", "score_dimensions"]
