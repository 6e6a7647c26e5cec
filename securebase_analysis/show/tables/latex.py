"""Tables as LaTeX for the package booktabs; everything from data escaped."""

from __future__ import annotations

from securebase_analysis.results.wording import MINUS
from securebase_analysis.show.tables.doctable import Column, DocTable

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "[": "{[}",
    "]": "{]}",
    MINUS: "$-$",
    "–": "--",
    "∞": r"$\infty$",
    "×": r"$\times$",
    "·": r"\textperiodcentered{}",
    "\n": " ",
}


def escape_latex(text: str) -> str:
    """Text that LaTeX prints as it stands.

    Examples
    --------
    >>> escape_latex("50% & more_than")
    '50\\\\% \\\\& more\\\\_than'
    """
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def table_latex(table: DocTable) -> str:
    """The table with title above, rules at top, head and bottom, and its notes beneath."""
    letters = "".join("l" if column.is_text else "r" for column in table.columns)
    rows = [
        " & ".join(escape_latex(cell) for cell in cells) + r" \\"
        for cells in table.cells.itertuples(index=False, name=None)
    ]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}[htbp]",
        r"\raggedright",
        *_heading(table),
        rf"\begin{{tabular}}{{@{{}}{letters}@{{}}}}",
        r"\toprule",
        *_spanner_lines(table),
        " & ".join(_head(column) for column in table.columns) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        *_notes(table),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _heading(table: DocTable) -> list[str]:
    number = [rf"\textbf{{{escape_latex(table.label)}}}\\[2pt]"] if table.label else []
    return [*number, rf"\textit{{{escape_latex(table.title)}}}\\[4pt]"]


def _head(column: Column) -> str:
    words = escape_latex(column.head)
    words = rf"\textit{{{words}}}" if column.italic else words
    return words if column.is_text else rf"\multicolumn{{1}}{{r}}{{{words}}}"


def _spanner_lines(table: DocTable) -> list[str]:
    """The heads that cover several columns, each with its rule."""
    if not table.spanners:
        return []
    cells, rules, start = [], [], 1
    for name, n in table.spanners:
        cells.append(rf"\multicolumn{{{n}}}{{c}}{{{escape_latex(name)}}}")
        if name:
            rules.append(rf"\cmidrule(lr){{{start}-{start + n - 1}}}")
        start += n
    return [" & ".join(cells) + r" \\", "".join(rules)]


def _notes(table: DocTable) -> list[str]:
    if not table.notes:
        return []
    words = " ".join(escape_latex(note) for note in table.notes)
    return [r"\\[4pt]", rf"\parbox{{\linewidth}}{{\footnotesize\textit{{Note.}} {words}}}"]
