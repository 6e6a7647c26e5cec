"""The ``securebase`` command: a thin face over the verbs, for people who do not open Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import securebase_analysis as sb
from securebase_analysis.errors import SecureBaseError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From a study folder with coded interviews and questionnaires to scores, figures, tables and a report.",
)

Folder = Annotated[Path, typer.Argument(help="The study folder: it holds study.toml.")]


@app.command()
def report(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Where the report goes; made if it is not there.")] = Path("report"),
    seed: Annotated[int, typer.Option(help="Seed of everything that is resampled.")] = 20417,
) -> None:
    """Read a study, score it, and write report.html, tables.docx, figures and provenance.json."""
    with _problems_in_words():
        study = sb.read_study(folder)
        written = sb.write_report(study, out, seed=seed)
    typer.echo(f"Report written: {written}")


@app.command()
def check(
    folder: Folder,
    xlsx: Annotated[Path | None, typer.Option(help="Also write the problems to this workbook.")] = None,
) -> None:
    """Read a study and list every problem at once; exit with 1 when one of them stops."""
    with _problems_in_words():
        problems = sb.check_study(folder)
        if xlsx is not None:
            typer.echo(f"Problems written: {sb.write_problems(problems, xlsx)}")
    for problem in problems:
        typer.echo(f"{problem}\n")
    n_stops = sum(problem.severity == "stop" for problem in problems)
    typer.echo(f"{len(problems)} found; {n_stops} must be mended before the study can be used.")
    raise typer.Exit(code=1 if n_stops else 0)


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.")]) -> None:
    """Write an empty study to fill in."""
    with _problems_in_words():
        written = sb.new_study(folder)
    typer.echo(f"Empty study written: {written}. Begin with README.txt in it.")


@app.command()
def version() -> None:
    """Print the version of the package."""
    typer.echo(sb.__version__)


@contextmanager
def _problems_in_words() -> Iterator[None]:
    """Print the problems of an error of ours instead of a traceback, and leave with exit code 1."""
    try:
        yield
    except SecureBaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(code=1) from None


def main() -> None:
    """Run the command."""
    app()
