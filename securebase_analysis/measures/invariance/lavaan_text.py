"""A model of the ladder as lavaan's text, so that it can be run in R."""

from __future__ import annotations

from securebase_analysis.measures.invariance.ladder import Cell, Ladder, StepModel


def lavaan_text(ladder: Ladder, model: StepModel, call: str) -> str:
    """Every element of a model: its label or its value, for each group."""
    by_groups = ladder.over == "group"
    lines: dict[str, list[str]] = {}
    for cell in model.cells:
        number = model.parameter(cell)
        value = f"{cell.fixed:g}" if number is None else f"p{number + 1}"
        lines.setdefault(_left(ladder, cell), []).append(value)
    written = []
    for left, values in lines.items():
        before, operator, after = _parts(left)
        modifier = f"c({', '.join(values)})" if by_groups else values[0]
        written.append(f"{before} {operator} {modifier}*{after}")
    return "\n".join([f"# {call}", *written])


def _left(ladder: Ladder, cell: Cell) -> str:
    """The element without its modifier; with columns for each wave where waves are compared."""
    if ladder.over == "group" or cell.occasion < 0:
        return cell.term
    before, operator, after = _parts(cell.term)
    wave = ladder.occasions[cell.occasion]
    return f"{before}_{wave} {operator}{after if operator == '~' else f' {after}_{wave}'}"


def _parts(term: str) -> tuple[str, str, str]:
    """What stands before, at and after the operator."""
    for operator in ("=~", "~~"):
        if operator in term:
            before, after = term.split(operator)
            return before.strip(), operator, after.strip()
    return term.split("~")[0].strip(), "~", "1"
