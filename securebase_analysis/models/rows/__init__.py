"""The door of every model: a row per child and wave, whose columns are there, hold numbers, and say who is who."""

from securebase_analysis.models.rows.groups import Groups, Ints, groups_of, nameless, written_in_two_ways
from securebase_analysis.models.rows.numeric import (
    is_number,
    numeric_columns,
    ordinary,
    too_large,
    without_object,
    words,
)
from securebase_analysis.models.rows.table import ColumnTable, check_columns, long_frame
from securebase_analysis.models.rows.waves import repeated_waves, wave_order

__all__ = [
    "ColumnTable",
    "Groups",
    "Ints",
    "check_columns",
    "groups_of",
    "is_number",
    "long_frame",
    "nameless",
    "numeric_columns",
    "ordinary",
    "repeated_waves",
    "too_large",
    "wave_order",
    "without_object",
    "words",
    "written_in_two_ways",
]
