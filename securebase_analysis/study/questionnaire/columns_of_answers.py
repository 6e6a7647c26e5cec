"""The columns of the tables that a questionnaire file becomes."""

from __future__ import annotations

WHO = ("site", "child", "wave", "informant", "instance", "date")
ANSWER_COLUMNS = (*WHO, "item", "answer", "code", "reason", "row")
REASON_COLUMNS = ("position", "item", "code", "reason")
MATCHED_COLUMNS = ("column", "item", "wave", "how", "suggestions")
DROPPED_COLUMNS = ("what", "name", "row", "reason")
