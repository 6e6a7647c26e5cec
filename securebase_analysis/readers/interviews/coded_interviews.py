"""Coded interviews: who said what was seen in which words of which interview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from securebase_analysis.errors import Problem, check_option
from securebase_analysis.readers.interviews.assembly import assemble
from securebase_analysis.readers.interviews.coded_files import FORMATS, read_records
from securebase_analysis.readers.interviews.coder_names import names_kept
from securebase_analysis.readers.interviews.offsets import OFFSET_OPTIONS
from securebase_analysis.readers.interviews.own_columns import read_column_map
from securebase_analysis.readers.interviews.refi_writer import write_project
from securebase_analysis.readers.interviews.segment_frames import records_from_frames
from securebase_analysis.results.held_tables import hands_out_copies

__all__ = ["Interviews", "read_interviews", "write_interviews"]

COUNTED = ("segments", "codes", "sources", "coders", "assumptions")
Offsets = Literal[
    "detect",
    "code points",
    "utf-16",
    "code points, CRLF as one",
    "utf-16, CRLF as one",
    "code points, BOM counted",
    "utf-16, BOM counted",
    "code points, CRLF as one, BOM counted",
    "utf-16, CRLF as one, BOM counted",
    "code points, LF as two",
    "utf-16, LF as two",
]
Format = Literal["refi-qda", "taguette", "qualcoder", "maxqda", "atlas.ti", "dedoose", "nvivo", "table"]


@hands_out_copies
@dataclass(frozen=True, eq=False, repr=False)
class Interviews:
    """Interviews as coders left them: passages, codes, sources, coders, cases and memos as tables.

    Attributes
    ----------
    segments : pandas.DataFrame
        One row for each coding. Columns ``source, start, end`` (code points of the source's text, from 0, end
        excluded; missing for anything but text), ``code, coder, text``, then ``kind`` (text, picture, pdf, audio,
        video, document), ``segment`` (number of the place: the same place has the same number, whoever coded it),
        ``created, weight, region`` (corners or milliseconds), ``name, comment``.
    codes : pandas.DataFrame
        ``code, parent, path, guid, description, color, is_codable, n_segments``.
    sources : pandas.DataFrame
        ``source`` (made unique), ``guid, kind, text`` (line ends as LF), ``n_characters, n_words, sha256``.
    coders : pandas.DataFrame
        ``coder, n_segments``; people without a coding included.
    cases : pandas.DataFrame
        ``case, source`` and one column for each variable.
    uncoded : pandas.DataFrame
        Highlights that bear no code: ``source, start, end, coder, text, kind, created, region, name, comment``.
    notes : pandas.DataFrame
        Memos: ``note, text, coder, created``.
    sets : pandas.DataFrame
        Groups of sources, codes or notes: ``set, kind, member``.
    offsets : pandas.DataFrame
        How well each way of counting positions fits; empty when the format leaves no doubt.
    assumptions : tuple of Problem
        What was assumed, repaired or left out.
    """

    segments: pd.DataFrame
    codes: pd.DataFrame
    sources: pd.DataFrame
    coders: pd.DataFrame
    cases: pd.DataFrame
    uncoded: pd.DataFrame
    notes: pd.DataFrame
    sets: pd.DataFrame
    offsets: pd.DataFrame
    assumptions: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        counted = [(len(getattr(self, name)), name) for name in COUNTED]
        *held, assumed = (f"{n} {name.removesuffix('s') if n == 1 else name}" for n, name in counted)
        return f"Interviews: {', '.join(held)}; {assumed}"

    @classmethod
    def from_segments(
        cls,
        segments: pd.DataFrame,
        sources: pd.DataFrame,
        codes: pd.DataFrame | None = None,
        cases: pd.DataFrame | None = None,
    ) -> Interviews:
        """Make coded interviews from plain tables.

        Parameters
        ----------
        segments : pandas.DataFrame
            One row for each coding: ``source, start, end, code, coder``; ``start`` and ``end`` count characters of
            the text from 0, end excluded, both missing where the whole source is coded. Optional: ``kind, region,
            created, weight, name, comment, text``.
        sources : pandas.DataFrame
            One row for each source: ``source, text``; optional ``guid, kind``.
        codes : pandas.DataFrame, optional
            ``code``, optional ``parent, description, color, is_codable, guid``; when left out,
            the codes of the segments in order of appearance.
        cases : pandas.DataFrame, optional
            ``case, source`` and any variables.

        Returns
        -------
        Interviews

        Raises
        ------
        DataError
            Missing columns, unknown sources or codes, passages outside their text; row numbers are those given.

        Examples
        --------
        >>> sources = pd.DataFrame({"source": ["carer 1"], "text": ["I am always there when he calls."]})
        >>> segments = pd.DataFrame(
        ...     {"source": ["carer 1"], "start": [5], "end": [17], "code": ["availability"], "coder": ["C1"]}
        ... )
        >>> Interviews.from_segments(segments, sources).segments["text"].tolist()
        ['always there']
        """
        return cls(
            **assemble(
                records_from_frames(segments, sources, codes, cases),
            )
        )


def read_interviews(
    path: str | Path,
    *,
    offsets: Offsets = "detect",
    coders: Literal["keep", "pseudonyms"] | Mapping[str, str] = "keep",
    format: Format | None = None,
    columns: str | Path | Mapping[str, Any] | None = None,
    code_separator: str | None = None,
    sets: Literal["keep", "variables"] = "keep",
) -> Interviews:
    """Read coded interviews as a coding program wrote them.

    Parameters
    ----------
    path : str or pathlib.Path
        A REFI-QDA project (``.qdpx``: NVivo, ATLAS.ti, MAXQDA, QDA Miner, Quirkos, Transana, f4analyse, QualCoder;
        also the folder or the ``.qde`` of one that was unpacked) or codebook (``.qdc``); a Taguette project
        (``.sqlite3``) or its highlights (``.csv``, ``.xlsx``); a QualCoder project (the ``.qda`` folder or its
        ``data.qda``) or its report; MAXQDA's coded segments, ATLAS.ti's quotations, Dedoose's excerpts (``.csv``,
        ``.xlsx``); NVivo's references of a code (``.txt``, ``.docx``, or a folder of them); any other table with
        `columns`. What it is, is read from its content.
    offsets : str, default "detect"
        How positions in a REFI-QDA text are counted. Programs differ from the standard, so by default the way that
        puts most passages on word edges is taken and reported; a name such as ``"utf-16"`` forces one.
    coders : {"keep", "pseudonyms"} or mapping, default "keep"
        Names as in the file, C1, C2 ..., or a mapping from names to the ones to use.
    format : {"refi-qda", "taguette", "qualcoder", "maxqda", "atlas.ti", "dedoose", "nvivo", "table"}, optional
        Insist on one format.
    columns : str, pathlib.Path or mapping, optional
        For a table: a TOML file, or the same as a mapping, that says which column holds what. Keys: ``source``,
        ``code`` (one a row) or ``codes`` (several in a cell, parted by ``codes_between``), or ``applied``
        (``"Code: {code} Applied"``, a column for each code, with ``applied_weight``, ``yes``, ``no``); ``text,
        coder, weight, begin, end, place, comment, created, name, group, case, passage``; ``code_path`` (what
        stands between a code and the one above it), ``variables`` (columns that describe the interview), ``sheet,
        encoding, separator, decimal, header_rows``; with ``program`` (``"maxqda"``) only what differs from its
        table.
    code_separator : str, optional
        Turn flat names into a tree: ``"::"`` for ATLAS.ti, ``"."`` for Taguette.
    sets : {"keep", "variables"}, default "keep"
        With "variables", a set of sources called ``gender: male`` is a variable of these sources in ``cases``.

    Returns
    -------
    Interviews
        With everything assumed in ``.assumptions``.

    Raises
    ------
    DataError
        Damaged, unsafe or contradictory files, with every problem found.

    Notes
    -----
    The unit of analysis is the place (``segment``), not the identifier of a selection: some programs write one
    selection for each coding, and ATLAS.ti writes new identifiers at each export. A coding's coder is who made the
    coding; who drew the selection is often someone else.

    A memo of a project that is coded counts as a source, with a warning. What a project holds and no table has a
    place for (links, drawings, what a memo is about) is counted in ``.assumptions``. Home folders are never read;
    coders bear the names of the file unless `coders` says otherwise.

    Examples
    --------
    >>> interviews = read_interviews("project.qdpx", coders="pseudonyms")  # doctest: +SKIP
    >>> interviews.segments.groupby(["source", "code"]).size()  # doctest: +SKIP

    A table of one's own:

    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "quotes.csv"
    >>> _ = file.write_text("Interview,Theme,Quote\\nK1,trust > telling,She told me at once\\n")
    >>> own = {"source": "Interview", "code": "Theme", "text": "Quote", "code_path": ">"}
    >>> read_interviews(file, columns=own).codes[["code", "parent"]].values.tolist()
    [['trust', nan], ['telling', 'trust']]
    """
    check_option("offsets", offsets, OFFSET_OPTIONS)
    check_option("sets", sets, ("keep", "variables"))
    if format is not None:
        check_option("format", format, FORMATS)
    records = read_records(Path(path), format, None if columns is None else read_column_map(columns))
    tables: dict[str, Any] = assemble(
        records, offsets=offsets, coders=coders, code_separator=code_separator, sets=sets
    )
    if coders == "keep":
        tables["assumptions"] += names_kept(tables["coders"]["coder"])
    return Interviews(**tables)


def write_interviews(interviews: Interviews, path: str | Path) -> tuple[Problem, ...]:
    """Write coded interviews as a REFI-QDA 1.0 project that any of the coding programs can open.

    Parameters
    ----------
    interviews : Interviews
    path : str or pathlib.Path
        The ``.qdpx`` file to write. The same interviews give the same bytes.

    Returns
    -------
    tuple of Problem
        What the format has no place for: weights, colors and moments in another form than it asks for, names and
        comments on codings of whole sources.

    Raises
    ------
    DataError
        When a passage has no position that the format knows, a word holds characters that XML cannot, or a table
        that was replaced names a source, code or coder that the others do not hold.

    Notes
    -----
    Texts are written as UTF-8 files without byte order mark, with LF line ends; positions are code points. One
    selection is written for each place, with all its codings. Pictures and recordings themselves are not held.

    Examples
    --------
    >>> problems = write_interviews(interviews, "project.qdpx")  # doctest: +SKIP
    """
    return write_project(interviews, Path(path))
