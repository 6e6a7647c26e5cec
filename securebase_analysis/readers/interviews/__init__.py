"""Coded interviews from REFI-QDA, from projects and from tables of coding programs, read into one noun.

The line: `coded_files` sees which program wrote a file; `refi`, `taguette`, `qualcoder`, `segment_tables` (with
the `column_maps` of the programs in ``segment_presets/``), `nvivo_text` or `segment_frames` turn it into
`records`; `assembly` names, places and checks them; `coded_interviews` hands out the tables.
"""

from securebase_analysis.readers.interviews.coded_interviews import (
    Interviews,
    read_interviews,
    write_interviews,
)

__all__ = ["Interviews", "read_interviews", "write_interviews"]
