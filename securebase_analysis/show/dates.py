"""The moment that documents say they were made; SOURCE_DATE_EPOCH fixes it, so that a build can be repeated."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def made_at() -> datetime:
    """Now, or the moment that the environment variable SOURCE_DATE_EPOCH names, in UTC and whole seconds."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    if fixed.isdigit():
        return datetime.fromtimestamp(int(fixed), UTC)
    return datetime.now(UTC).replace(microsecond=0)
