"""Run every notebook again and compare its text outputs with the committed ones.

Pictures are not compared byte by byte, but a picture must still be a picture. With ``--write`` the notebooks are
run and saved with their outputs, which is how the committed ones are made.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
VOLATILE = [(re.compile(r"0x[0-9a-f]{6,}"), "0x"), (re.compile(r"\d+(\.\d+)?\s?(ms|s|it/s)\b"), "<time>")]


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook after a run from the root of the repository, where its paths begin."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    return notebook


def shown(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell shows, as text: streams, plain texts and the kind of each picture."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        elif output.output_type in ("execute_result", "display_data"):
            picture = sorted(kind for kind in output.data if kind.startswith("image/"))
            parts += [f"<{kind}>" for kind in picture] or [output.data.get("text/plain", "")]
        elif output.output_type == "error":
            parts.append(f"error {output.ename}: {output.evalue}")
    return [_steady(part) for part in parts]


def _without_progress(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without progress bars, which mean nothing to a reader."""
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _steady(text: str) -> str:
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text.strip()


def differences(path: Path) -> list[str]:
    """One line for each cell that now shows something else."""
    committed = nbformat.read(path, as_version=4)
    again = executed(path)
    found = []
    for number, (old, new) in enumerate(zip(committed.cells, again.cells), start=1):
        if old.cell_type == "code" and shown(old) != shown(new):
            found.append(f"{path.name}, cell {number}: committed {shown(old)!r}, now {shown(new)!r}")
    if not any(cell.get("outputs") for cell in committed.cells):
        found.append(f"{path.name} was committed without outputs")
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="save the notebooks with fresh outputs")
    parser.add_argument("names", nargs="*", help="notebook files; all by default")
    chosen = parser.parse_args()
    notebooks = [Path(name) for name in chosen.names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if not notebooks:
        sys.exit("there are no notebooks")
    found = []
    for path in notebooks:
        if chosen.write:
            nbformat.write(_without_progress(executed(path)), path)
        else:
            found += differences(path)
        print(f"{path.name}: {'written' if chosen.write else 'run'}")
    if found:
        sys.exit("\n".join(found))


main()
