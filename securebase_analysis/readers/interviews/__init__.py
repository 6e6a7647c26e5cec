"""Coded interviews from REFI-QDA, Taguette and QualCoder, read into one noun and written back.

The line: `coded_files` sees which program wrote a file; `refi`, `taguette`, `qualcoder` or `segment_frames` turn
it into `records`; `assembly` names, places and checks them; `coded_interviews` hands out the tables.
"""

from securebase_analysis.readers.interviews.coded_interviews import (
    Interviews,
    read_interviews,
    write_interviews,
)

__all__ = ["Interviews", "read_interviews", "write_interviews"]
