"""Columns that a formula may name although the table does not hold them."""

from securebase_analysis.models.made_columns.by_name import made_columns

__all__ = ["made_columns"]
