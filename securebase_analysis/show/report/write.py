"""`write_report`: from a study to a page, a Word file, pictures and a provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import matplotlib.pyplot as plt

from securebase_analysis.errors import SecureBaseError
from securebase_analysis.measures.scoring import score_dimensions
from securebase_analysis.models.relations import relate_dimensions
from securebase_analysis.results.inference import check_conf_level
from securebase_analysis.results.result import SIMULATED
from securebase_analysis.show.files import write_beside
from securebase_analysis.show.report.agreement import agreement_section
from securebase_analysis.show.report.disruption import disruption_section
from securebase_analysis.show.report.growth import growth_section
from securebase_analysis.show.report.interplay import TITLE as INTERPLAY
from securebase_analysis.show.report.interplay import interplay_section
from securebase_analysis.show.report.limits import limits_section
from securebase_analysis.show.report.page import Drawn, Numbered, drawn, numbered, report_html
from securebase_analysis.show.report.placements import placements_section
from securebase_analysis.show.report.problems import problems_and_assumptions
from securebase_analysis.show.report.provenance import provenance_json, provenance_of
from securebase_analysis.show.report.reading import what_was_read
from securebase_analysis.show.report.relations import relations_section
from securebase_analysis.show.report.reliability import reliability_section
from securebase_analysis.show.report.scores import scores_section
from securebase_analysis.show.report.section import Section, attempted
from securebase_analysis.show.tables.word import word_bytes

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

SEED = 20417
N_RESAMPLES = 1000

Made = TypeVar("Made")
Stage = tuple[str, str, Callable[[], Section]]
"""Anchor, heading, and what makes the section."""


def write_report(
    study: Study,
    folder: str | Path,
    *,
    seed: int = SEED,
    n_resamples: int = N_RESAMPLES,
    conf_level: float = 0.95,
    progress: bool = True,
) -> Path:
    """Walk a study down the whole line and write what was found.

    Parameters
    ----------
    study : Study
        From `read_study`.
    folder : str or Path
        Where the report goes; made when it is not there.
    seed : int
        Seed of everything that is resampled; it stands in the provenance.
    n_resamples : int
        Bootstrap resamples behind the intervals of agreement.
    conf_level : float, default 0.95
        Level of all intervals.
    progress : bool, default True
        Show how far the work has come.

    Returns
    -------
    Path
        ``report.html``, one file that needs nothing else. Beside it lie ``tables.docx``, ``figures/`` with every
        picture as PNG and SVG, and ``provenance.json``.

    Notes
    -----
    A section that these data cannot answer stays in the report and says why. Nothing that is written holds a
    child's identifier, a name of a user or a folder; tables and pictures hold no rows of single children, but a
    small group can still be recognised from a count, so look through them before you pass them on.

    Examples
    --------
    >>> from securebase_analysis.study.simulate import simulate_study
    >>> import tempfile
    >>> study = simulate_study(n_children=30, n_waves=3, seed=4, interviews=False).study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(study, folder, progress=False)
    ...     sorted(path.name for path in page.parent.iterdir())
    ['figures', 'provenance.json', 'report.html', 'tables.docx']
    """
    check_conf_level(conf_level)
    made = list(_with_progress(study, seed, n_resamples, conf_level, progress))
    report = numbered(made)
    options = {"seed": seed, "n_resamples": n_resamples, "conf_level": conf_level}
    provenance = provenance_of(study, made, options)

    folder = Path(folder)
    pictures = _written_pictures(report, folder / "figures", progress)
    header = SIMULATED if study.simulated else ""
    write_beside(folder / "tables.docx", word_bytes(report.tables, report.supplement, header=header))
    write_beside(folder / "provenance.json", provenance_json(provenance).encode("utf-8"))
    page = write_beside(
        folder / "report.html", report_html(study, report.sections, pictures, provenance).encode("utf-8")
    )
    for shown in report.pictures:
        plt.close(shown.picture.figure)
    return page


def _with_progress(
    study: Study, seed: int, n_resamples: int, conf_level: float, progress: bool
) -> Iterator[Section]:
    """The sections in the order of the line, with a bar that names the one being made."""
    from tqdm import tqdm

    stages = _stages(study, seed, n_resamples, conf_level)
    with tqdm(total=len(stages), desc="report", unit="section", disable=not progress) as bar:
        for anchor, title, make in stages:
            bar.set_postfix_str(title)
            yield attempted(anchor, title, make)
            bar.update()


def _stages(study: Study, seed: int, n_resamples: int, conf_level: float) -> list[Stage]:
    """What the report consists of, in the order of the line."""
    scores = _Once(lambda: score_dimensions(study))
    related = _Once(lambda: relate_dimensions(scores(), conf_level=conf_level))
    return [
        ("read", "What was read", lambda: what_was_read(study)),
        ("problems", "Problems and assumptions", lambda: problems_and_assumptions(study)),
        ("scores", "Scores", lambda: scores_section(study, scores(), conf_level)),
        ("reliability", "Reliability", lambda: reliability_section(study, conf_level)),
        ("agreement", "Agreement of coders", lambda: agreement_section(study, seed, n_resamples, conf_level)),
        ("relations", "How the dimensions relate", lambda: relations_section(related(), conf_level)),
        ("interplay", INTERPLAY, lambda: interplay_section(study, scores(), related(), conf_level)),
        ("growth", "Growth over the waves", lambda: growth_section(scores(), conf_level)),
        ("placements", "Placements", lambda: placements_section(study, conf_level)),
        ("disruption", "Caregiving and disruption", lambda: disruption_section(study, scores(), conf_level)),
        ("limits", "Limits", lambda: limits_section(study)),
    ]


class _Once(Generic[Made]):
    """Something made when first needed; every section that needs it meets the same error."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: list[Made] = []
        self._error: SecureBaseError | None = None

    def __call__(self) -> Made:
        if self._error is not None:
            raise self._error
        if not self._made:
            try:
                self._made.append(self._make())
            except SecureBaseError as error:
                self._error = error
                raise
        return self._made[0]


def _written_pictures(report: Numbered, folder: Path, progress: bool) -> list[Drawn]:
    """Every picture as PNG and SVG, named by its number and what it shows."""
    from tqdm import tqdm

    pictures = []
    for number, shown in enumerate(
        tqdm(report.pictures, desc="figures", unit="figure", disable=not progress), start=1
    ):
        picture = drawn(shown, number)
        write_beside(folder / f"{picture.name}.png", picture.png)
        write_beside(folder / f"{picture.name}.svg", picture.svg)
        pictures.append(picture)
    return pictures
