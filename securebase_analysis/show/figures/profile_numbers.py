"""The numbers of a five-dimension profile: means with intervals, side by side for caregiving and its benefit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem, check_option
from securebase_analysis.results.inference import wald_interval
from securebase_analysis.show.figures import captions
from securebase_analysis.show.missing_column import no_column
from securebase_analysis.show.terms import written_group
from securebase_analysis.show.wide_scores import wide_scores

if TYPE_CHECKING:
    from securebase_analysis.measures.scoring import Scores


COLUMNS = ["group", "dimension", "side", "construct", "label", "estimate", "std_error", "conf_low", "conf_high"]
IN_PAIRS = tuple(name for d in theory.DIMENSIONS for name in (d.name, d.benefit))
"""The ten constructs in pairs: what the carer gives, what it builds."""
NEEDED = "The profile needs it to choose or to group children."


def profile_frame(
    scores: Scores | pd.DataFrame,
    *,
    child: str | None = None,
    site: str | None = None,
    carer: str | None = None,
    wave: int | None = None,
    by: str | None = None,
    value: Literal["score", "score_100"] = "score_100",
    informant: str | None = None,
    instrument: str | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """The numbers of a five-dimension profile, one row per group and construct.

    Parameters
    ----------
    scores : Scores or pandas.DataFrame
        Scores of a study, or a table with one row per child and wave, a column ``child`` and a column for each
        construct that was measured.
    child, site : str, optional
        The profile of one child (with its site, where the study has more than one).
    carer : str, optional
        The profile of the children of one carer.
    wave : int, optional
        One wave only; by default a child's scores are averaged over its waves first.
    by : str, optional
        Column that makes the groups, such as ``"care_context"`` or ``"wave"``.
    value : {"score_100", "score"}
        0–100 of the possible range, or the metric of the codebook.
    informant, instrument : str, optional
        Handed to ``Scores.wide``; by default the first in the codebook's order.
    conf_level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``group, dimension, side, construct, label, estimate, std_error, conf_low, conf_high, n_children,
        n_scores``.

    Raises
    ------
    ModelError
        When no score is left, or a column is not there.

    Notes
    -----
    For a group, ``estimate`` is the mean over children of each child's own mean, and the interval is
    ``mean ± t(n - 1) · sd / sqrt(n)`` with n children. It treats children as independent; children of one carer
    are not, and the interval is then too narrow. For one child the interval is ``score ± z · std_error`` with the
    standard error of measurement that came with the score, root mean square over waves divided by the square root
    of their number.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"child": ["a", "b", "c"], "trust": [40.0, 50.0, 60.0]})
    >>> profile_frame(table)[["construct", "estimate", "n_children"]].to_dict("records")
    [{'construct': 'trust', 'estimate': 50.0, 'n_children': 3}]
    """
    wide = _wide(scores, value, informant, instrument)
    chosen = _chosen(wide, child=child, site=site, carer=carer, wave=wave)
    if by is not None and by not in chosen:
        raise ModelError(no_column(by, chosen, "scores", NEEDED))
    if child is not None:
        errors = (
            None if isinstance(scores, pd.DataFrame) else _measured_error(scores, value, informant, instrument)
        )
        return _child_rows(chosen, errors, conf_level)
    groups = (
        [("", chosen)]
        if by is None
        else [(written_group(by, name), part) for name, part in chosen.groupby(by, sort=True)]
    )
    records = [_group_row(name, part, construct, conf_level) for name, part in groups for construct in IN_PAIRS]
    return _ordered([record for record in records if record])


def _wide(scores: Any, value: str, informant: str | None, instrument: str | None) -> pd.DataFrame:
    """One row per child and wave, one column per construct."""
    check_option("value", value, ("score", "score_100"))
    table = wide_scores(scores, value=value, informant=informant, instrument=instrument)
    if "child" not in table:
        raise ModelError(no_column("child", table, "scores", NEEDED))
    return table


def _chosen(wide: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """The rows asked for; refuse an empty answer without repeating who was asked for."""
    for column, word in wanted.items():
        if word is None:
            continue
        if column not in wide:
            raise ModelError(no_column(column, wide, "scores", NEEDED))
        wide = wide[wide[column] == word]
    measured = [name for name in IN_PAIRS if name in wide]
    if wide.empty or not wide[measured].notna().to_numpy().any():
        asked = captions.listed([column for column, word in wanted.items() if word is not None]) or "these data"
        raise ModelError(
            Problem(
                "SB-OUT-31",
                "stop",
                f"There is no score for the {asked} asked for.",
                why="A profile needs at least one of the ten constructs.",
                fix="scores.frame.groupby(['wave', 'construct']).size() shows what there is",
            )
        )
    return wide


def _keys(frame: pd.DataFrame) -> list[str]:
    """The columns that name a child."""
    return [name for name in ("site", "child") if name in frame]


def _group_row(group: str, rows: pd.DataFrame, name: str, conf_level: float) -> dict[str, Any]:
    """Mean over children with its t interval; nothing where no child has a score."""
    if name not in rows:
        return {}
    scored = rows.dropna(subset=[name])
    per_child = scored.groupby(_keys(rows))[name].mean().to_numpy(float)
    n = len(per_child)
    if n == 0:
        return {}
    std_error = float(per_child.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    record = _record(group, name, float(per_child.mean()), std_error, n - 1 if n > 1 else np.nan, conf_level)
    return record | {"n_children": n, "n_scores": len(scored)}


def _child_rows(rows: pd.DataFrame, errors: pd.DataFrame | None, conf_level: float) -> pd.DataFrame:
    """The profile of one child, with intervals from the standard errors of its scores."""
    records = []
    for name in (name for name in IN_PAIRS if name in rows):
        scored = rows.dropna(subset=[name])
        if scored.empty:
            continue
        std_error = np.nan
        if errors is not None and name in errors:
            keys = [*_keys(scored), "wave"]
            squared = scored[keys].merge(errors, on=keys, how="left")[name].to_numpy(float) ** 2
            std_error = float(np.sqrt(squared.sum()) / len(squared))
        record = _record("", name, float(scored[name].mean()), std_error, np.inf, conf_level)
        records.append(record | {"n_children": 1, "n_scores": len(scored)})
    return _ordered(records)


def _measured_error(scores: Scores, value: str, informant: str | None, instrument: str | None) -> pd.DataFrame:
    """Standard errors of measurement in the metric asked for, one column per construct."""
    errors = scores.wide(value="std_error", informant=informant, instrument=instrument)
    if value == "score":
        return errors
    raw = scores.wide(value="score", informant=informant, instrument=instrument)
    stretched = scores.wide(value="score_100", informant=informant, instrument=instrument)
    for name in (name for name in IN_PAIRS if name in errors):
        spread = np.ptp(raw[name].dropna()) if raw[name].notna().any() else 0.0
        factor = np.ptp(stretched[name].dropna()) / spread if spread > 0 else np.nan
        errors[name] = errors[name] * factor
    return errors


def _record(
    group: str, name: str, estimate: float, std_error: float, df: float, conf_level: float
) -> dict[str, Any]:
    """One row of the frame."""
    known = theory.construct(name)
    low, high = wald_interval(estimate, std_error, df, conf_level)
    values = (group, known.dimension, known.side, name, known.label, estimate, std_error, float(low), float(high))
    return dict(zip(COLUMNS, values))


def _ordered(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame with every column, also when there is none."""
    return pd.DataFrame(records, columns=[*COLUMNS, "n_children", "n_scores"])
