"""Questionnaires scored from a table of their items by a key that comes with the package, or by one's own.

Keys hold item numbers, ranges, reversed items, scales and cut-offs; the wording of the items is nowhere in it.
"""

from securebase_analysis.measures.questionnaires.norms import score_by_norms
from securebase_analysis.measures.questionnaires.scored import score_questionnaire

__all__ = ["score_by_norms", "score_questionnaire"]
