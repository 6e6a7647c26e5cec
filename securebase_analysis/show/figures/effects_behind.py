"""The fixed effects behind a test: those that were tested together, or those of two models that were compared."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.models.after_growth.comparison import GrowthComparison
from securebase_analysis.models.after_growth.joint_tests import JointTest
from securebase_analysis.models.growth import GrowthResult
from securebase_analysis.results import wording
from securebase_analysis.show.figures.forest import LABEL_WIDTH, MOST_ROWS, draw_rows, forest_alt
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import TEXT_WIDTH, head, look, new_axes, row_pitch, rows_height
from securebase_analysis.show.terms import written_term


def effects_frame(result: GrowthComparison | JointTest, *, conf_level: float | None = None) -> pd.DataFrame:
    """The rows of the picture: fixed effects with their intervals.

    Parameters
    ----------
    result : GrowthComparison or JointTest
        From ``growth.compared_with(...)`` or ``growth.joint_test(...)``.
    conf_level : float, optional
        Level of the intervals; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        ``label`` and the columns of ``tidy()`` of the model; of a comparison, each effect of both models, without
        the intercept where there is another.
    """
    level = result.conf_level if conf_level is None else conf_level
    if isinstance(result, JointTest):
        tested = {name for names in result.effects for name in names}
        rows = _fixed(result.growth, level)
        rows = rows[rows["term"].isin(tested)]
        return rows.assign(label=rows["term"].map(written_term)).reset_index(drop=True)
    sides = [
        _fixed(model, level).assign(size=size)
        for size, model in (("smaller", result.smaller), ("larger", result.larger))
    ]
    order = {term: place for place, term in enumerate(dict.fromkeys(pd.concat(sides)["term"]))}
    both = pd.concat(sides).sort_values("term", key=lambda column: column.map(order), kind="stable")
    shown = both[both["term"] != "Intercept"]
    shown = (shown if len(shown) else both).reset_index(drop=True)
    return shown.assign(label=[f"{written_term(row.term)} · {row.size}" for row in shown.itertuples()])


def _fixed(growth: GrowthResult, conf_level: float) -> pd.DataFrame:
    tidy = growth.tidy(conf_level)
    return tidy[tidy["effect"] == "fixed"]


def draw_effects_behind(
    result: GrowthComparison | JointTest,
    ax: Axes | None = None,
    *,
    conf_level: float | None = None,
    title: str | None = None,
    simulated: bool | None = None,
) -> Axes:
    """Draw the fixed effects behind a test; the test itself stands in the notes.

    Parameters
    ----------
    result : GrowthComparison or JointTest
        From ``growth.compared_with(...)`` or ``growth.joint_test(...)``.
    ax : matplotlib axes, optional
        Where to draw.
    conf_level : float, optional
        Level of the intervals.
    title : str, optional
        Title; that of the result by default.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.

    Raises
    ------
    ModelError
        When there are more than sixty effects.
    """
    frame = effects_frame(result, conf_level=conf_level)
    if len(frame) > MOST_ROWS:
        raise ModelError(_too_many(len(frame)))
    level = wording.percent(result.conf_level if conf_level is None else conf_level)
    title = title or result.title
    with look():
        pitch = row_pitch(list(frame["label"]), LABEL_WIDTH)
        ax = ax or new_axes(TEXT_WIDTH, rows_height(len(frame), pitch, 1.3))
        draw_rows(ax, frame, f"Fixed effect with {level} interval")
        head(ax, title)
        notes = (*result.sentence().splitlines(), *result.notes)
        alt = f"{forest_alt(frame, title)} {result.sentence()}"
        caption(ax, frame, alt, title, notes, simulated=is_simulated(result, simulated))
    return ax


def _too_many(n_rows: int) -> Problem:
    return Problem(
        "SB-OUT-33",
        "stop",
        f"A picture of {wording.count(n_rows, 'row')} cannot be read.",
        why=f"A picture of effects has 1 to {MOST_ROWS} rows.",
        fix="table_of(result) has them all.",
    )
