"""What an id looks like on paper: O and 0, I and 1, small and capital letters, letters of other alphabets."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

LOOKS_LIKE = str.maketrans(
    "АВЕКМНОРСТУХІЈЅаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορν",
    "ABEKMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXaopv",
)
"""Letters of other alphabets, each with the Latin one that it looks like."""
SAME_SHAPE = str.maketrans("OIL|", "0111")
ALREADY_PLAIN = r"[0-9A-HJ-KM-NP-Z]*"


def shape(text: str) -> str:
    """What a text looks like on paper.

    Examples
    --------
    >>> shape("co1") == shape("C0l") == shape("\u0421O1")
    True
    """
    plain = unicodedata.normalize("NFKC", text).translate(LOOKS_LIKE)
    return "".join(plain.split()).upper().translate(SAME_SHAPE)


def alike(texts: pd.Index) -> np.ndarray:
    """Which of distinct texts look like another one of them.

    Parameters
    ----------
    texts : pandas.Index of str
        Distinct.

    Examples
    --------
    >>> alike(pd.Index(["C01", "CO1", "C02"])).tolist()
    [True, True, False]
    """
    words = pd.Series(texts, dtype="str")
    plain = words.str.fullmatch(ALREADY_PLAIN).fillna(False).to_numpy(dtype=bool)
    if plain.all():  # distinct as they stand, and nothing in them looks like anything else
        return np.zeros(len(words), dtype=bool)
    shapes = words.copy()
    shapes[~plain] = [shape(text) for text in words[~plain].fillna("")]
    return shapes.duplicated(keep=False).to_numpy()
