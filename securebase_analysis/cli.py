"""The ``securebase`` command: a thin face over the verbs, for people who do not open Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import securebase_analysis as sb
from securebase_analysis.errors import Problem, SecureBaseError
from securebase_analysis.readers.signatures import NEEDS_CONVERSION, kind_of

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
        problems = _everything_wrong(folder)
        if xlsx is not None:
            typer.echo(f"Problems written: {sb.write_problems(problems, xlsx)}")
    for problem in problems:
        typer.echo(f"{problem}\n")
    n_stops = sum(problem.severity == "stop" for problem in problems)
    typer.echo(f"{len(problems)} found; {n_stops} must be mended before the study can be used.")
    raise typer.Exit(code=1 if n_stops else 0)


def _everything_wrong(folder: Path) -> tuple[Problem, ...]:
    """The problems of the study; where none of them stops, also those that would stop its scores."""
    problems = sb.check_study(folder)
    if any(problem.severity == "stop" for problem in problems):
        return problems
    try:
        sb.score_dimensions(sb.read_study(folder))
    except sb.DataError as error:
        return (*(problem for problem in error.problems if problem.severity == "stop"), *problems)
    return problems


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.")]) -> None:
    """Write an empty study to fill in."""
    with _problems_in_words():
        written = sb.new_study(folder)
    typer.echo(f"Empty study written: {written}. Begin with README.txt in it.")


@app.command()
def look(
    file: Annotated[Path, typer.Argument(help="Answers or coded interviews, as any program wrote them.")],
    codebook: Annotated[Path | None, typer.Option(help="The codebook, whose items are looked for.")] = None,
) -> None:
    """Say what a file holds, what was assumed in reading it, and how to read it in Python; nothing is written."""
    with _problems_in_words():
        found, how = _read(file, codebook)
    typer.echo(f"{found}\n")
    for problem in found.assumptions:
        typer.echo(f"{problem}\n")
    typer.echo(f"In Python: sb.{how}")


def _read(file: Path, codebook: Path | None) -> tuple[sb.Interviews | sb.Questionnaire, str]:
    """Coded interviews where it is such, answers otherwise; and the call that reads them."""
    try:
        return sb.read_interviews(file), f"read_interviews({file.name!r})"
    except sb.DataError:
        if not file.is_file() or kind_of(file) in NEEDS_CONVERSION:
            raise
    also = ", codebook" if codebook is not None else ""
    return sb.read_questionnaire(file, codebook), f"read_questionnaire({file.name!r}{also})"


@app.command()
def key(
    file: Annotated[Path, typer.Argument(help="A file that does not exist yet, outside every study.")],
) -> None:
    """Make a key for pseudonyms; keep it where the ids themselves are kept."""
    with _problems_in_words():
        written = sb.write_key(file)
    typer.echo(f"Key written: {written}. Without it new data cannot be joined to the old.")


@app.command()
def pseudonymise(
    folder: Folder,
    out: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.")],
    key: Annotated[Path, typer.Option(help="The file that `securebase key` made, outside the study folder.")],
    weeks: Annotated[int, typer.Option(help="The longest shift of a child's dates; 0 keeps them.")] = 26,
    keep_words: Annotated[bool, typer.Option(help="Keep the words of interviews and remarks.")] = False,
) -> None:
    """Write the study again under pseudonyms, dates moved and words masked; the scores stay the same."""
    with _problems_in_words():
        study = sb.read_study(folder)
        hidden = sb.pseudonymise(study, key, weeks=weeks, texts="keep" if keep_words else "mask")
        written = sb.write_study(hidden, out)
    for problem in (problem for problem in hidden.problems if problem not in study.problems):
        typer.echo(f"{problem}\n")
    typer.echo(f"Study under pseudonyms written: {written}")


@app.command()
def explain(code: Annotated[str, typer.Argument(help="The code of a message, such as SB-ID-03.")]) -> None:
    """Say what a message means, with an example and its fix."""
    with _problems_in_words():
        typer.echo(sb.explain(code))


@app.command()
def version() -> None:
    """Print the version of the package."""
    typer.echo(sb.__version__)


@contextmanager
def _problems_in_words() -> Iterator[None]:
    """Print what is wrong instead of a traceback, and leave with exit code 1."""
    try:
        yield
    except SecureBaseError as error:
        typer.echo(str(error), err=True)
    except OSError as error:
        typer.echo(str(_cannot_be_written(error)), err=True)
    else:
        return
    raise typer.Exit(code=1)


def _cannot_be_written(error: OSError) -> Problem:
    """A file or folder that the system does not let us use."""
    name = Path(str(error.filename2 or error.filename or "")).name
    return Problem(
        "SB-OUT-36",
        "stop",
        f"{name or 'A file'} cannot be written or opened ({error.strerror or type(error).__name__}).",
        done="It was left as it is.",
        fix="Name a folder that you may write to, in which no folder or file bears the same name.",
    )


def main() -> None:
    """Run the command."""
    app()
