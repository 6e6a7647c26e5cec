"""From coded interviews and questionnaires to the five Secure Base dimensions: scores, trust in them, change, report.

In the order a study meets them:

**The model.** `DIMENSIONS` (five `Dimension`, each with the benefit it builds), `CONSTRUCTS` (each `Construct` is a
column), `PATHWAYS` (the claims about how they act) and `CARE_CONTEXTS`.

**The data.** `new_study` writes an empty study folder; `read_study` reads and checks a whole one into a `Study`;
`check_study` lists its problems and `write_problems` hands them to the data manager. The `Codebook` says what speaks
for what: `read_codebook`, `load_codebook` (those that come with the package), `make_codebook`, `write_codebook`.
Single files: `read_table` gives a `Table`, `read_interviews` gives `Interviews`, `write_interviews` sends them back.
`simulate_study` draws a cohort whose truth is known, and `write_study` puts it on disk.

**The measures.** `score_dimensions` gives `Scores`, each with its standard error; `score_sdq` scores the SDQ from
its items; `assess_agreement` compares coders; `assess_reliability` looks at scales.

**The answers.** `relate_dimensions` and `fit_growth`. Every answer is a `Result` with ``tidy()``, ``glance()``,
``augment()``, ``diagnostics()``, ``summary()``, ``plot()`` and ``notes``.

**What is shown.** `plot_profile`, `plot_trajectories` and `plot_waves` draw; `write_figure` saves any picture;
`make_table`, `table_of` and `write_table` make tables for Word, HTML, LaTeX and Excel; `write_report` puts the whole
study on one page.

**What can be wrong.** `SecureBaseError`, of which `DataError` (the data) and `ModelError` (the question) carry every
`Problem` at once.
"""

from typing import Any

from securebase_analysis.errors import DataError, ModelError, Problem, SecureBaseError
from securebase_analysis.measures.agreement import assess_agreement
from securebase_analysis.measures.reliability import assess_reliability
from securebase_analysis.measures.scoring import Scores, score_dimensions
from securebase_analysis.measures.strengths_difficulties import score_sdq
from securebase_analysis.models.growth import fit_growth
from securebase_analysis.models.relations import relate_dimensions
from securebase_analysis.readers.interviews import Interviews, read_interviews, write_interviews
from securebase_analysis.readers.tables import Table, read_table
from securebase_analysis.results.result import Result
from securebase_analysis.show import make_table, table_of, write_table
from securebase_analysis.study.codebook import Codebook, make_codebook
from securebase_analysis.study.codebook_files import load_codebook, read_codebook, write_codebook
from securebase_analysis.study.simulate import simulate_study, write_study
from securebase_analysis.study.study import Study, check_study, read_study
from securebase_analysis.theory import CARE_CONTEXTS, CONSTRUCTS, DIMENSIONS, PATHWAYS, Construct, Dimension

__version__ = "0.1.0"

_DRAWING = ("plot_profile", "plot_trajectories", "plot_waves", "write_figure", "write_report")

__all__ = [
    "CARE_CONTEXTS", "CONSTRUCTS", "DIMENSIONS", "PATHWAYS", "Construct", "Dimension",
    "Codebook", "Interviews", "Study", "Table", "check_study", "load_codebook", "make_codebook", "new_study",
    "read_codebook", "read_interviews", "read_study", "read_table", "simulate_study", "write_codebook",
    "write_interviews", "write_problems", "write_study",
    "Scores", "assess_agreement", "assess_reliability", "score_dimensions", "score_sdq",
    "Result", "fit_growth", "relate_dimensions",
    "make_table", "plot_profile", "plot_trajectories", "plot_waves", "table_of", "write_figure", "write_report",
    "write_table",
    "DataError", "ModelError", "Problem", "SecureBaseError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load what draws when it is first asked for, so that a study can be read without the drawing library."""
    if name in _DRAWING:
        from securebase_analysis import show

        return getattr(show, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
