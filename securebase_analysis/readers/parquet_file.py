"""Parquet files: cells with the types that the file gives them, once it is known that memory holds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from securebase_analysis.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CELLS = 1_000_000_000
MOST_CELLS_IN_BYTE, ALWAYS_ALLOWED = 200, 20_000_000  # a value can stand once and be repeated a billion times
MAX_CHARACTERS = 2**31


def read_parquet(path: Path) -> tuple[list[str], pd.DataFrame]:
    """The names of the columns, and the cells with positions as columns.

    Raises
    ------
    DataError
        SB-FILE-69 when it holds more than memory should, SB-FILE-71 when it cannot be read.
    """
    import pyarrow as pa

    try:
        schema, held = _held(path)
        frame = held.rename_columns([str(at) for at in range(len(schema))]).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        what = f"The Parquet file cannot be read; it is damaged or incomplete ({type(error).__name__})."
        raise DataError(Problem("SB-FILE-71", "stop", what, path.name, fix="Copy or export it again.")) from None
    return list(schema.names), frame.set_axis(range(len(schema)), axis=1)


def _held(path: Path) -> tuple[pa.Schema, pa.Table]:
    """The columns as the file means them; texts are spelled out only when that is known to fit."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        n_cells = file.metadata.num_rows * file.metadata.num_columns
    most = min(MAX_CELLS, max(path.stat().st_size * MOST_CELLS_IN_BYTE, ALWAYS_ALLOWED))
    if n_cells > most:
        raise DataError(_too_large(path.name, f"{n_cells:,} cells", f"{most:,}"))
    texts = [at for at, field in enumerate(schema) if _is_text(field.type)]
    with parquet.ParquetFile(path, read_dictionary=[schema.names[at] for at in texts]) as file:
        held = file.read()
    n_characters = sum(_n_characters(held.column(at)) for at in texts)
    if n_characters > MAX_CHARACTERS:
        raise DataError(_too_large(path.name, f"{n_characters:,} characters", f"{MAX_CHARACTERS:,}"))
    for at in texts:
        held = held.set_column(at, schema.field(at), held.column(at).cast(schema.field(at).type))
    return schema, held


def _is_text(kind: Any) -> bool:
    """Whether a type of Arrow is text or bytes of any length."""
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(is_of(kind) for is_of in tests)


def _n_characters(column: pa.ChunkedArray) -> int:
    """How long the texts of a column are together once each cell has its own."""
    import pyarrow as pa
    from pyarrow import compute

    if not pa.types.is_dictionary(column.type):
        return 0  # spelled out already
    lengths = (compute.binary_length(chunk.dictionary).take(chunk.indices) for chunk in column.chunks)
    return sum(compute.sum(piece.cast(pa.int64())).as_py() or 0 for piece in lengths)


def _too_large(table: str, holds: str, most: str) -> Problem:
    """The problem of a file that memory should not hold."""
    what = f"The file says it holds {holds}, more than this reader takes ({most})."
    return Problem("SB-FILE-69", "stop", what, table, fix="Write the columns that are needed.")
