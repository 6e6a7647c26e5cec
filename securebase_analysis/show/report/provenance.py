"""Where the numbers come from: hashes, versions, seed and exclusions, without a name of a person or a folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import pandas as pd

from securebase_analysis.results import wording
from securebase_analysis.show.dates import made_at
from securebase_analysis.show.report.names import Names
from securebase_analysis.show.report.reading import freeze_day, shown_name
from securebase_analysis.show.report.section import Section
from securebase_analysis.show.tables.doctable import Column, DocTable
from securebase_analysis.show.tables.from_frame import make_table

if TYPE_CHECKING:
    from securebase_analysis.study.study import Study

PACKAGES = ("securebase_analysis", "numpy", "pandas", "scipy", "matplotlib", "formulaic", "python-docx", "jinja2")

GROWTH_OF = "growth of "


def provenance_of(study: Study, sections: Sequence[Section], options: dict[str, Any]) -> dict[str, Any]:
    """Everything that is needed to make the same report again.

    Parameters
    ----------
    study : Study
        What was read.
    sections : sequence of Section
        The report, for what each left out.
    options : dict
        What `write_report` was asked for.
    """
    exclusions = {name: n for section in sections for name, n in section.exclusions.items() if n}
    return {
        "study": study.name,
        "simulated": bool(study.simulated),
        "data_freeze": freeze_day(study) or None,
        "made_at": made_at().isoformat(),
        "options": options,
        "codebook": {
            "name": study.codebook.name,
            "version": study.codebook.version,
            "fingerprint": study.codebook.fingerprint,
        },
        "files": [
            {"file": shown_name(row.file), "table": row.table, "n_rows": int(row.n_rows), "sha256": row.sha256}
            for row in study.files.itertuples()
        ],
        "exclusions": exclusions,
        "problems": [
            {"code": p.code, "severity": p.severity, "table": p.table, "column": p.column, "n_rows": len(p.rows)}
            for p in study.problems
        ],
        "sections": {section.anchor: _outcome(section) for section in sections},
        "python": platform.python_version(),
        "packages": versions(),
    }


def made_in_words(provenance: dict[str, Any]) -> dict[str, str]:
    """What a reader of the page wants to know of it, by name."""
    options, book = provenance["options"], provenance["codebook"]
    return {
        "Made": provenance["made_at"][:16].replace("T", " ") + " UTC",
        "Codebook": f"{book['name']}, version {book['version']}, fingerprint {book['fingerprint']}",
        "Seed": f"{options['seed']}",
        "Bootstrap resamples": f"{options['n_resamples']:,}",
        "Level of intervals": wording.percent(options["conf_level"]),
        "Python": provenance["python"],
        "Packages": ", ".join(f"{name} {number}" for name, number in provenance["packages"].items()),
    }


def not_used_table(provenance: dict[str, Any], names: Names) -> DocTable:
    """What was left out, with counts; rows that a problem concerns stand in the table of problems."""
    counts = {name: n for name, n in provenance["exclusions"].items() if not name.startswith("SB-")}
    frame = pd.DataFrame(
        {"what": [_exclusion_words(name, names) for name in counts], "n": list(counts.values())},
        columns=["what", "n"],
    )
    columns = [Column("What", ("what",)), Column("Number", ("n",), "count")]
    return make_table(frame, "What was not used", columns=columns)


def _exclusion_words(name: str, names: Names) -> str:
    """An exclusion as it is written for people, e.g. ``Growth of self-esteem: rows not used``."""
    part, colon, what = name.partition(": ")
    if part.startswith(GROWTH_OF):
        part = GROWTH_OF + names.scale(part.removeprefix(GROWTH_OF)).lower()
    return f"{part[:1].upper()}{part[1:]}{colon}{what}"


def _outcome(section: Section) -> dict[str, Any]:
    """Whether a section could be made, and the codes of what stood in its way."""
    return {"done": section.is_done, "problems": [problem.code for problem in section.problems]}


def versions() -> dict[str, str]:
    """Versions of the packages that the numbers and documents come from."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def provenance_json(provenance: dict[str, Any]) -> str:
    """The provenance as text, in an order that does not change."""
    return json.dumps(provenance, indent=2, ensure_ascii=False) + "\n"
