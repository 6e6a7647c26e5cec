"""What is said of relations: who was compared, which correlations have no value, how to read many."""

from __future__ import annotations

import pandas as pd

from securebase_analysis import theory
from securebase_analysis.models.relations.checks import why_undefined
from securebase_analysis.models.relations.door import RelatedRows
from securebase_analysis.results import wording

PAIRS_SHOWN = 5


def notes_of(rows: RelatedRows, pairs: pd.DataFrame, cluster: str) -> tuple[str, ...]:
    """Who the clusters are, which rows each pair uses, and how to read many correlations."""
    frame, n_children, n_clusters = rows.frame, rows.n_children, rows.n_clusters
    shared = (
        f"{wording.count(n_children, 'child', 'children')} in {wording.count(n_clusters, 'cluster')} "
        f"linked by shared {cluster}s; standard errors leave out one cluster at a time."
        if cluster in frame
        else f"No column {cluster!r}: each child is one cluster, so shared carers are not allowed for."
    )
    split = pairs[pairs["effect"] != "over time"]
    fewest, most = int(split["n_rows"].min()), int(split["n_rows"].max())
    used = (
        f"Each pair uses the rows that hold both: {fewest:,} to {most:,} of {len(frame):,}."
        if fewest != most
        else f"Every pair uses {most:,} of {wording.count(len(frame), 'row')}."
    )
    absent = [theory.label(name) for name in theory.TEN_CONSTRUCTS if name not in rows.names]
    not_measured = f"Not measured here: {', '.join(absent)}." if absent else ""
    caution = "Correlations of observed scores: unreliability pulls them towards zero; none is an effect."
    n_tests = len(pairs)
    many = f"{n_tests} correlations: about {n_tests * 0.05:.0f} would have p below .05 by chance alone."
    left_out = (
        wording.count(rows.n_excluded, "row") + " without any of the constructs left out."
        if rows.n_excluded
        else ""
    )
    said = [problem.sentence for problem in rows.problems]
    undefined = _undefined_notes(pairs)
    return tuple(note for note in (*said, *undefined, shared, used, left_out, not_measured, caution, many) if note)


def _undefined_notes(pairs: pd.DataFrame) -> list[str]:
    """For each effect the correlations that are not defined, and why."""
    none = pairs[pairs["estimate"].isna()]
    notes = []
    for effect, part in none.groupby("effect", sort=False):
        named = [
            f"{theory.label(first)} with {theory.label(second)}"
            for first, second in zip(part["first"], part["second"])
        ]
        more = f" and {len(named) - PAIRS_SHOWN} more" if len(named) > PAIRS_SHOWN else ""
        notes.append(
            f"Not defined ({effect}): {', '.join(named[:PAIRS_SHOWN])}{more}: {why_undefined(str(effect))}."
        )
    return notes
