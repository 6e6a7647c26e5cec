"""The answers of one questionnaire file: whose they are, at which wave, and to which item of the codebook.

The line: `readers.questionnaires` gives an `Export`; `respondents` finds who answered; `matching` finds the items;
`long_answers` turns cells into numbers and reasons; `wave_names` gives waves their numbers.
"""

from securebase_analysis.study.questionnaire.door import read_questionnaire
from securebase_analysis.study.questionnaire.noun import Questionnaire

__all__ = ["Questionnaire", "read_questionnaire"]
