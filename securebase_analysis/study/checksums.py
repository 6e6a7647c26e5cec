"""The files of a study, each with a checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from securebase_analysis.study.draft import Draft
from securebase_analysis.study.study_file import NAME


def file_list(draft: Draft) -> pd.DataFrame:
    """The files of the study with a checksum each: file, table, n_rows, sha256."""
    study_file = draft.study_file
    folder = study_file.folder
    listed = [(NAME, NAME, folder / NAME, 0)]
    if study_file.codebook is not None:
        listed.append((str(study_file.codebook.relative_to(folder)), "codebook", study_file.codebook, 0))
    rows = {(file.section, file.file): file.n_rows for file in draft.files}
    for entry in study_file.entries:
        table = f"responses: {entry.get('instrument')}" if entry.section == "responses" else entry.section
        section = "segments" if entry.section == "interviews" else entry.section
        listed.append((entry.file, table, entry.path, rows.get((section, entry.file), 0)))
        if entry.sources_path is not None:
            name = str(entry.get("sources"))
            listed.append((name, "sources", entry.sources_path, rows.get(("sources", name), 0)))
        listed += [(str(entry.get(key)), key, path, 0) for key, path in entry.beside.items()]
    frame = pd.DataFrame(listed, columns=["file", "table", "path", "n_rows"])
    frame["sha256"] = [_checksum(path) for path in frame.pop("path")]
    return frame


def _checksum(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder in the order of their names."""
    total = hashlib.sha256()
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                total.update(chunk)
    return total.hexdigest()
