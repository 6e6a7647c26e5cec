"""The equations of a panel model as lavaan's text."""

from __future__ import annotations

from itertools import groupby

from securebase_analysis.models.panel.elements import LAGGED, Element, Panel, elements_of

HEADINGS = {
    "=~": "each score: the child's own level over all waves, and the deviation from it at each",
    "lagged": "effects of one wave on the next",
    "covariate": "covariates",
    "~~": "variances and covariances, within a wave of what nothing explains",
    "intercept": "means",
}


def panel_text(panel: Panel, call: str = "") -> str:
    """Every parameter of the model in lavaan's syntax.

    Parameters
    ----------
    panel : Panel
        The model.
    call : str
        How to run it, as a comment on the first line.
    """
    lines = [f"# {call}"] if call else []
    headings = HEADINGS if panel.curves is None else panel.curves.headings
    for heading, section in groupby(elements_of(panel), _section):
        lines.append(f"# {headings[heading]}")
        for (lhs, op), own in groupby(section, lambda one: (one.lhs, one.op)):
            lines.append(f"{lhs} {op} {' + '.join(_written(one, panel) for one in own)}")
    return "\n".join(lines) + "\n"


def _section(one: Element) -> str:
    """The part of the text that an element stands in."""
    if one.op in ("=~", "~~"):
        return one.op
    if one.rhs == "1":
        return "intercept"
    return "lagged" if one.effect in (*LAGGED, "") else one.effect


def _written(one: Element, panel: Panel) -> str:
    """The right-hand side of one element."""
    if one.fixed:
        return f"{one.fixed}*{one.rhs}"
    if one.start:
        return f"start({one.start})*{one.rhs}"
    if not one.label:
        return one.rhs
    if len(panel.groups) == 1 or (panel.equal_groups and not one.apart):
        same = ", ".join([one.label] * len(panel.groups))
        return f"c({same})*{one.rhs}" if len(panel.groups) > 1 else f"{one.label}*{one.rhs}"
    own = ", ".join(f"{one.label}.{number}" for number in range(1, len(panel.groups) + 1))
    return f"c({own})*{one.rhs}"
