"""The Strengths and Difficulties Questionnaire, scored from a table of its items, without their wording.

The questionnaire is copyright Youthinmind. Only item numbers, official short names, scoring and cut-offs are here.
"""

from securebase_analysis.measures.strengths_difficulties.column_names import ITEMS, SHORT_NAMES
from securebase_analysis.measures.strengths_difficulties.scored import score_sdq

__all__ = ["ITEMS", "SHORT_NAMES", "score_sdq"]
