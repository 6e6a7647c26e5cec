"""Print the README's install-and-run command ("main") or install-and-test command ("test"), as it stands there."""

import re
import sys
from pathlib import Path

COMMANDS = {"main": r"^pip install \. && securebase report .*$", "test": r"^pip install '\.\[test\]' && pytest.*$"}

readme = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
found = re.findall(COMMANDS[sys.argv[1]], readme, re.MULTILINE)
if len(found) != 1:
    sys.exit(f"README.md must hold the {sys.argv[1]} command exactly once; found {len(found)}")
print(found[0])
