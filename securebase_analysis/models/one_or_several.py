"""Arguments that may be one thing or several: one column or a list of them, one value or an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

SEVERAL = (list, tuple, set, range, np.ndarray, pd.Index, pd.Series)


def listed(given: Any) -> list[Any]:
    """What was given as a list; what is none of the usual collections is one thing by itself.

    Examples
    --------
    >>> listed("years"), listed(("years", "wave")), listed(None)
    (['years'], ['years', 'wave'], [None])
    """
    return list(given) if isinstance(given, SEVERAL) else [given]
