"""Questionnaire files of REDCap, Qualtrics, LimeSurvey, SPSS, Stata, Excel and plain text, read into one noun.

The line: `door` sees which program wrote a file; `redcap`, `qualtrics`, `limesurvey` or `plain` turns it into an
`Export`, whose columns say what part they play in the survey.
"""

from securebase_analysis.readers.questionnaires.door import read_export
from securebase_analysis.readers.questionnaires.export import PROGRAMS, Export, Program

__all__ = ["PROGRAMS", "Export", "Program", "read_export"]
