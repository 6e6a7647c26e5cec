"""Answers with a row for each child, wave and item, from the table with a column for each item."""

from __future__ import annotations

import numpy as np
import pandas as pd

from securebase_analysis.study.questionnaire.columns_of_answers import ANSWER_COLUMNS, WHO


def long_answers(wide: pd.DataFrame, reasons: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    """One row for each row of `wide` and item, in that order.

    Parameters
    ----------
    wide : pandas.DataFrame
        ``site, child, wave, informant, instance, date``, the items, ``row``.
    reasons : pandas.DataFrame
        ``position`` (row of `wide`, from 0), ``item, code, reason``.
    matched : pandas.DataFrame
        ``column, item, wave``: an item is not asked at a wave at which no column is it.

    Returns
    -------
    pandas.DataFrame
        The columns of `ANSWER_COLUMNS`.
    """
    items = [str(name) for name in wide.columns if name not in (*WHO, "row")]
    n, k = len(wide), len(items)
    at = np.repeat(np.arange(n), k)
    answers = wide[list(WHO)].iloc[at].reset_index(drop=True)
    answers["item"] = pd.Series(items, dtype="str").iloc[np.tile(np.arange(k), n)].to_numpy()
    answers["answer"] = wide[items].to_numpy(dtype=float).ravel()
    number = {item: place for place, item in enumerate(items)}
    places = reasons["position"].to_numpy(dtype=int) * k + reasons["item"].map(number).to_numpy(dtype=int)
    for name in ("code", "reason"):
        told = pd.Series(None, index=answers.index, dtype="str")
        told.iloc[places] = reasons[name].to_numpy()
        answers[name] = told
    answers["row"] = wide["row"].to_numpy()[at]
    asked = _asked(wide["wave"], items, matched)
    return answers[list(ANSWER_COLUMNS)][asked].reset_index(drop=True)


def _asked(waves: pd.Series, items: list[str], matched: pd.DataFrame) -> np.ndarray:
    """Of each row and item whether a column of the file is the item at that wave."""
    found = matched[matched["item"] != ""]
    columns = []
    for item in items:
        of_item = found.loc[found["item"] == item, "wave"]
        everywhere = of_item.isna().any() or of_item.empty
        columns.append(np.ones(len(waves), bool) if everywhere else waves.isin(list(of_item)).to_numpy(bool))
    return np.stack(columns, axis=1).ravel() if columns else np.zeros(0, dtype=bool)
