"""What is added to a published table so that it can be redrawn, each rule by its name, and said to be added."""

from __future__ import annotations

from securebase_analysis.published.derived.rules import RULES, can_start, rows_by_rules

__all__ = ["RULES", "can_start", "rows_by_rules"]
