"""Run the Python of README.md as one session and hold its output to what the README shows.

A block ```python is run; the block ```text that follows it at once is what it must print.
"""

import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    session: dict[str, object] = {"OUT": tempfile.mkdtemp()}
    n_run = n_compared = 0
    printed = ""
    for kind, body in blocks:
        if kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile(body, "README.md", "exec"), session)
            printed, n_run = stream.getvalue(), n_run + 1
        else:
            if printed.rstrip() != body.rstrip():
                sys.exit(f"README.md shows\n{body}\nbut its code prints\n{printed}")
            n_compared += 1
    if not n_run or not n_compared:
        sys.exit("README.md has no code that is run and compared")
    print(f"README.md: {n_run} blocks run, {n_compared} outputs compared")


main()
