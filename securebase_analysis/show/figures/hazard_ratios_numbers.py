"""The numbers behind pictures of hazard ratios: one row for each term and model, with its label."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.disruption import DisruptionResult
from securebase_analysis.models.disruption.term_tests import chosen_columns
from securebase_analysis.models.disruption.written import places_of, ratio_interval_words, ratio_words
from securebase_analysis.models.one_or_several import listed
from securebase_analysis.results.inference import Floats
from securebase_analysis.show.terms import written_group, written_ratio_term

WIDEST = 25.0
"""Intervals are drawn up to so many times beyond the outermost estimates; an arrow says that they go on."""

STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
"""Marks within a power of ten, from few to many."""
FEWEST_TICKS = 4


def hazard_ratios_frame(
    fitted: DisruptionResult | Mapping[str, DisruptionResult],
    *,
    term: str | list[str] | None = None,
    conf_level: float | None = None,
) -> pd.DataFrame:
    """The rows of a picture of hazard ratios.

    Parameters
    ----------
    fitted : DisruptionResult, or mapping of str to DisruptionResult
        A model, or several by name.
    term : str or list of str, optional
        Only these terms of the formula, or columns of the model.
    conf_level : float, optional
        Level of the intervals; that of each model by default.

    Returns
    -------
    pandas.DataFrame
        ``model, label, term, estimate, conf_low, conf_high`` (ratios), ``ratio, interval`` as they are written,
        ``n_events`` and ``p_value``.
    """
    models = fitted if isinstance(fitted, Mapping) else {"": fitted}
    parts = []
    for name, result in models.items():
        tidy = result.tidy(conf_level, exponentiate=True)
        tidy = tidy[tidy["effect"] == "hazard"]
        if term is not None:
            tidy = tidy.iloc[chosen_columns(list(tidy["term"]), listed(term))]
        places = [places_of(value) for value in tidy["std_error"]]
        ends = zip(tidy["conf_low"], tidy["conf_high"], places)
        made = tidy[["term", "estimate", "conf_low", "conf_high"]].assign(
            ratio=[ratio_words(value, digits) for value, digits in zip(tidy["estimate"], places)],
            interval=[ratio_interval_words(low, high, digits) for low, high, digits in ends],
            n_events=int(result.facts["n_events"]),
            p_value=tidy["p_value"],
        )
        made.insert(0, "label", [written_ratio_term(column) for column in tidy["term"]])
        made.insert(0, "model", name)
        parts.append(made)
    return pd.concat(parts, ignore_index=True)


def references(result: DisruptionResult) -> str:
    """What the groups are compared with, in a sentence; empty where no term has labels."""
    terms, found = result.at_risk.X.terms, []
    for name in result.at_risk.values:
        column = result.at_risk.values[name]
        own = [term for term in terms if re.match(rf"(?:C\()?`?{re.escape(str(name))}`?[^:\[]*\[T\.", term)]
        if not own:
            continue
        coded = {term.split("[T.", 1)[1].split("]", 1)[0] for term in own}
        left = [value for value in pd.unique(column) if str(value) not in coded]
        if len(left) == 1:
            found.append(f"{theory.label(str(name))}: {written_group(str(name), _plain(left[0]))}")
    return f"Compared with {'; '.join(found)}." if found else ""


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def drawn_range(frame: pd.DataFrame) -> tuple[float, float]:
    """The ends of the axis: all estimates and, within reason, all intervals, and always 1."""
    estimates = _drawable(frame["estimate"])
    ends = _drawable(pd.concat([frame["conf_low"], frame["conf_high"]]))
    low, high = (float(function(np.append(estimates, 1.0))) for function in (np.min, np.max))
    ends = ends[(ends >= low / WIDEST) & (ends <= high * WIDEST)]
    low, high = min(low, float(ends.min(initial=low))), max(high, float(ends.max(initial=high)))
    margin = max((high / low) ** 0.05, 1.0 + 1e-9)
    return low / margin, high * margin


def _drawable(values: pd.Series) -> Floats:
    array = values.to_numpy(dtype=float)
    return array[np.isfinite(array) & (array > 0.0)]


def ratio_ticks(low: float, high: float) -> list[float]:
    """Marks of a logarithmic axis of ratios: even steps where the range is narrow, 1, 2, 5 where it is wide.

    Examples
    --------
    >>> ratio_ticks(0.3, 9.0), ratio_ticks(0.9, 1.25)
    ([0.5, 1.0, 2.0, 5.0], [0.9, 1.0, 1.1, 1.2])
    """
    if high / low > 3.0:
        exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        for steps in STEPS:
            ticks = [float(f"{step * 10.0**exponent:.6g}") for exponent in exponents for step in steps]
            ticks = [tick for tick in ticks if low <= tick <= high]
            if len(ticks) >= FEWEST_TICKS:
                break
        return ticks
    rough = (high - low) / 6.0
    size = 10.0 ** np.floor(np.log10(rough))
    step = float(size * next(times for times in (1.0, 2.0, 5.0, 10.0) if times * size >= rough * (1.0 - 1e-9)))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(f"{number * step:.10g}") for number in range(first, last + 1)]
