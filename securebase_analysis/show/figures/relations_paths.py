"""The claims of the model as arrows between the five dimensions and their benefits, drawn by their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle

from securebase_analysis import theory
from securebase_analysis.errors import ModelError, Problem
from securebase_analysis.results import wording
from securebase_analysis.results.result import Result
from securebase_analysis.show.figures import captions
from securebase_analysis.show.figures.path_diagram_labels import Line, number_width, place_labels
from securebase_analysis.show.figures.picture import caption, is_simulated
from securebase_analysis.show.figures.style import BLACK, INK, QUIET, TEXT_WIDTH, folded, look, new_axes

LEFT, RIGHT, BOX_WIDTH, BOX_HEIGHT, PITCH, TOP = 1.75, 5.45, 1.5, 0.5, 1.0, 4.35
"""Inches: middles of the two columns, a box, from row to row, and the middle of the first row."""
LABEL_SIZE, LABEL_HEIGHT = 8.0, 0.15
APART = 0.13
"""How far from the middle of its boxes an arrow between two of one row stands."""
LOOKS: dict[str, dict[str, Any]] = {
    "supported": {"color": BLACK, "linewidth": 1.9, "linestyle": "solid"},
    "not supported": {"color": QUIET, "linewidth": 0.9, "linestyle": "solid"},
    "contrary": {"color": BLACK, "linewidth": 1.9, "linestyle": (0, (4, 2))},
    "not testable": {"color": QUIET, "linewidth": 1.2, "linestyle": (0, (1, 2))},
}


def verdicts_frame(result: Any, *, conf_level: float | None = None) -> pd.DataFrame:
    """The arrows of the picture: each claim on the level it speaks of.

    Parameters
    ----------
    result : RelationsResult
        From `relate_dimensions`.
    conf_level : float, optional
        Level of the intervals that decide; that of the result by default.

    Returns
    -------
    pandas.DataFrame
        The rows of ``verdicts()`` with `own_level`.
    """
    if not hasattr(result, "verdicts"):
        problem = Problem(
            "SB-OUT-33", "stop", "This answer has no verdicts to draw.", fix="sb.relate_dimensions(scores)"
        )
        raise ModelError(problem)
    verdicts: pd.DataFrame = result.verdicts(conf_level)
    return verdicts[verdicts["own_level"]].reset_index(drop=True)


def draw_verdicts(
    result: Result,
    ax: Axes | None = None,
    *,
    conf_level: float | None = None,
    title: str = "The claims of the model and what these data show",
    simulated: bool | None = None,
) -> Axes:
    """Draw the claims of the model as arrows whose line says the verdict.

    Parameters
    ----------
    result : RelationsResult
        From `relate_dimensions`.
    ax : matplotlib axes, optional
        Where to draw.
    conf_level : float, optional
        Level of the intervals that decide.
    title : str
        Title of the picture.
    simulated : bool, optional
        Write "Simulated data" on the picture; known from the result by default.

    Returns
    -------
    matplotlib.axes.Axes
        With alt text; see `picture_of` and `write_figure`.
    """
    frame = verdicts_frame(result, conf_level=conf_level)
    notes = (_reading(frame), *result.notes)
    return draw_claims(frame, ax, title=title, notes=notes, simulated=is_simulated(result, simulated))


def draw_claims(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str,
    notes: Sequence[str],
    simulated: bool,
    leading_zero: bool = False,
) -> Axes:
    """Draw claims of the model as arrows, with the number of each and a line that says its verdict.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``source, target, kind, effect, verdict, estimate, conf_low, conf_high, reason``: a row per arrow.
    ax : matplotlib axes, optional
        Where to draw.
    title : str
        Title of the picture.
    notes : sequence of str
        How to read it, and whose numbers these are.
    simulated : bool
        Write "Simulated data" on the picture.
    leading_zero : bool
        For numbers that can exceed one.
    """
    rows = frame.assign(
        number=[wording.number(value, leading_zero=leading_zero) for value in frame["estimate"]],
        ends=[
            wording.interval(*ends, leading_zero=leading_zero)
            for ends in zip(frame["conf_low"], frame["conf_high"])
        ],
    )
    with look():
        ax = ax or new_axes(TEXT_WIDTH + 0.2, 5.6)
        _draw_boxes(ax)
        _draw_arrows(ax, rows)
        ax.set_xlim(0.0, TEXT_WIDTH)
        ax.set_ylim(-0.65, TOP + 0.75)
        ax.set_aspect("equal")
        ax.axis("off")
        _key(ax, rows)
        ax.set_title(folded(title, 70), loc="left", pad=10)
        caption(ax, frame, _alt(rows, title), title, tuple(notes), simulated=simulated)
    return ax


def _reading(frame: pd.DataFrame) -> str:
    """How to read the picture."""
    numbers, later = (
        "correlations",
        "caregiving at one wave with the benefit at the next, the benefit now held constant",
    )
    if (frame["effect"] == "over time within").any():
        numbers = "correlations or effects"
        later = "within children, the effect of caregiving at one wave on the benefit at the next"
    return (
        f"Arrows are claims of the model; numbers are {numbers}, which do not say that the one brings about the "
        "other. Each claim is judged on the level it speaks of: within children from a dimension to its benefit, "
        f"between children from one dimension to another's side, and over time ({later}) where the number says "
        "later. A claim is supported where its whole interval lies above zero and contrary where it lies below."
    )


def _place(name: str) -> tuple[float, float]:
    """The middle of a construct's box."""
    construct = theory.construct(name)
    row = theory.CAREGIVING.index(construct.dimension)
    return (LEFT if construct.side == "caregiving" else RIGHT), TOP - row * PITCH


def _draw_boxes(ax: Axes) -> None:
    """A box for each construct, caregiving on the left."""
    for name in theory.TEN_CONSTRUCTS:
        x, y = _place(name)
        box = Rectangle((x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2), BOX_WIDTH, BOX_HEIGHT)
        box.set(facecolor="white", edgecolor=INK, linewidth=1.0, zorder=3)
        ax.add_patch(box)
        ax.text(x, y, folded(theory.label(name), 17), ha="center", va="center", fontsize=8.5, zorder=4)
    for x, words in ((LEFT, "Caregiving"), (RIGHT, "Benefit to the child")):
        ax.text(x, TOP + BOX_HEIGHT / 2 + 0.12, words, ha="center", va="bottom", fontsize=8.5, color=QUIET)


def _draw_arrows(ax: Axes, frame: pd.DataFrame) -> None:
    """Arrows across with numbers that give way to one another, and those down the left side."""
    rows: list[Any] = list(frame.itertuples())
    across = [row for row in rows if theory.construct(row.target).side == "benefit"]
    apart = APART if "over time" in set(frame["kind"]) else 0.0
    lines = [_line(row, apart) for row in across]
    for row, line, place in zip(across, lines, place_labels(lines)):
        _arrow(ax, row, (line.x0, line.y0), (line.x1, line.y1), "arc3")
        if place is not None:
            _number(ax, row, *place)
    for row in rows:
        if row not in across:
            _down(ax, row)


def _words(row: Any) -> str:
    """The number of an arrow; none where the claim cannot be tested."""
    if row.verdict == "not testable":
        return ""
    return row.number + (" later" if row.kind == "over time" else "")


def _line(row: Any, apart: float) -> Line:
    """From the right side of a caregiving box to the left side of a benefit's."""
    (x0, y0), (x1, y1) = _place(row.source), _place(row.target)
    if y0 == y1:
        y0 = y1 = y0 + (-apart if row.kind == "over time" else apart)
    else:
        y0, y1 = y0 - BOX_HEIGHT / 2 + 0.04, y1 + BOX_HEIGHT / 2 - 0.04
    words = _words(row)
    size = (number_width(words), LABEL_HEIGHT) if words else (0.0, 0.0)
    return Line(x0 + BOX_WIDTH / 2, y0, x1 - BOX_WIDTH / 2, y1, *size)


def _down(ax: Axes, row: Any) -> None:
    """From one caregiving dimension to another: straight to the next row, around the boxes between otherwise."""
    (x0, y0), (_, y1) = _place(row.source), _place(row.target)
    if y0 - y1 <= PITCH:
        _arrow(ax, row, (x0, y0 - BOX_HEIGHT / 2), (x0, y1 + BOX_HEIGHT / 2), "arc3")
        _number(ax, row, x0, (y0 + y1) / 2)
        return
    side = x0 - BOX_WIDTH / 2
    _arrow(ax, row, (side, y0), (side, y1), "arc3,rad=0.35")
    _number(ax, row, side - 0.35 * (y0 - y1) / 2, (y0 + y1) / 2)


def _arrow(ax: Axes, row: Any, begin: tuple[float, float], end: tuple[float, float], course: str) -> None:
    """One claim, its line as the verdict says."""
    head = "-|>,head_length=5,head_width=2.4"
    arrow = FancyArrowPatch(begin, end, arrowstyle=head, connectionstyle=course, shrinkA=0, shrinkB=0)
    arrow.set(mutation_scale=1.0, zorder=2 if row.verdict in ("supported", "contrary") else 1, gid=row.verdict)
    arrow.set(**LOOKS[row.verdict])
    ax.add_patch(arrow)


def _number(ax: Axes, row: Any, x: float, y: float) -> None:
    """The number of one claim."""
    words = _words(row)
    if words:
        ink = BLACK if row.verdict in ("supported", "contrary") else QUIET
        patch = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        ax.text(x, y, words, ha="center", va="center", fontsize=LABEL_SIZE, color=ink, zorder=6, gid="estimate",
                bbox=patch)  # fmt: skip


def _key(ax: Axes, frame: pd.DataFrame) -> None:
    """What the lines mean; only those that are there."""
    used = [verdict for verdict in LOOKS if (frame["verdict"] == verdict).any()]
    lines = [Line2D([], [], **LOOKS[verdict]) for verdict in used]
    ax.legend(lines, [verdict.capitalize() for verdict in used], loc="lower center", ncols=4, frameon=False,
              fontsize=8.5, handlelength=3.0, bbox_to_anchor=(0.5, 0.0))  # fmt: skip


def _alt(frame: pd.DataFrame, title: str) -> str:
    """Every claim with its level, its verdict and its number."""
    return f"{title}. {captions.read_out(map(_in_words, frame.itertuples()), 'claim')}"


def _in_words(row: Any) -> str:
    """One claim."""
    start = f"{theory.label(row.source)} to {theory.label(row.target)} ({row.effect}) {row.verdict}"
    if row.verdict == "not testable":
        return f"{start}: {row.reason.rstrip('.')}"
    return f"{start} {row.number} {row.ends}"
