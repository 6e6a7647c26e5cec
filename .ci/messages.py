"""Write messages.md, the page of all messages, from those that the tests made the package tell; or check it.

``python .ci/messages.py --write FOLDER`` writes; without ``--write`` the page must have every code of the package.
FOLDER is where a run of all tests with ``SECUREBASE_MESSAGES=FOLDER`` left what it saw.
"""

import ast
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "securebase_analysis" / "messages.md"
CODE = re.compile(r"SB-([A-Z]+)-(\d{2,3})")
FAMILIES = {
    "FILE": "Files and cells",
    "ID": "Who is who",
    "WAVE": "Waves, ages and time",
    "PLACE": "Placements",
    "ITEM": "Questionnaires and scales",
    "CODE": "Codes, passages and coders",
    "BOOK": "The codebook",
    "STUDY": "The study folder",
    "MODEL": "Models",
    "EVENT": "How placements end",
    "SEM": "Latent variables, panels and networks",
    "OUT": "Missing data, pictures, tables and reports",
}
SEVERITIES = {"stop": "stops", "warn": "goes on, and says so in every footnote", "note": "for the record"}
HEAD = """# What the package says when something is wrong

Every message has a code. It says what is wrong, where (table, column, rows counted from 1 under the header), why
it matters, what was done, and one fix. All problems of a file are told at once; no child's identifier is in any.
Under each code stands an example as the tests of the package met it, on invented data; what is named in it (files,
columns, rows, numbers) is that of the example. `securebase explain SB-ID-03` prints an entry.
"""


def main() -> None:
    """Write the page, or compare it with what the tests told."""
    folder = Path(sys.argv[-1])
    codes, examples = codes_in_source(), examples_in(folder)
    if "--write" not in sys.argv:
        check(codes, examples)
        return
    untold = sorted(codes - set(examples))
    if untold:
        sys.exit(f"no test makes the package tell {len(untold)} of {len(codes)} codes: {', '.join(untold)}")
    PAGE.write_text(page_of(codes, examples), encoding="utf-8")
    print(f"{PAGE.name}: written")


def check(codes: set[str], examples: dict[str, dict[str, str]]) -> None:
    """Every code has its entry, and no other; what the tests of today do not tell, or tell otherwise, is named.

    A message that only a real sample makes the package tell is not told where the samples are absent.
    """
    shown = entries(PAGE.read_text(encoding="utf-8"))
    if set(shown) != codes:
        sys.exit(f"{PAGE.name} lacks {sorted(codes - set(shown))}, has {sorted(set(shown) - codes)}")
    told = entries(page_of(codes & set(examples), examples))
    moved = [code for code in told if without_numbers(shown[code]) != without_numbers(told[code])]
    print(f"{PAGE.name}: {len(shown)} messages; not told today: {sorted(codes - set(examples)) or 'none'}; "
          f"in other words today: {moved or 'none'}")  # fmt: skip


def entries(page: str) -> dict[str, str]:
    """What stands under each code."""
    return {part.split("\n", 1)[0]: part.split("\n## ", 1)[0].rstrip() for part in page.split("\n### ")[1:]}


def codes_in_source() -> set[str]:
    """Every code that the package can tell."""
    found = set()
    for file in sorted((ROOT / "securebase_analysis").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def examples_in(folder: Path) -> dict[str, dict[str, str]]:
    """The best example of each code over all processes of the tests."""
    best: dict[str, dict[str, str]] = {}
    for file in sorted(folder.glob("*.json")):
        for code, told in json.loads(file.read_text(encoding="utf-8")).items():
            if code not in best or told["rank"] < best[code]["rank"]:
                best[code] = told
    return best


def page_of(codes: set[str], examples: dict[str, dict[str, str]]) -> str:
    """The whole page."""
    parts = [HEAD]
    for family, title in FAMILIES.items():
        mine = sorted((code for code in codes if CODE.fullmatch(code)[1] == family), key=number)
        parts += [f"## {title}\n", *(entry(code, examples[code]) for code in mine)]
    return "\n".join(parts)


def number(code: str) -> int:
    """Where a code stands in its family."""
    return int(CODE.fullmatch(code)[2])


def entry(code: str, told: dict[str, str]) -> str:
    """A code with its example."""
    lines = [f"### {code}", "", f"*{SEVERITIES[told['severity']]}*", "", f"**{plain(told['what'])}**", ""]
    for label in ("where", "why", "done"):
        if told[label]:
            lines.append(f"- {label}: {plain(told[label])}")
    if told["fix"]:
        lines += [f"- fix: {fenced(told['fix'])}"]
    return "\n".join([*lines, ""])


def plain(text: str) -> str:
    """Words of a message in one line, with nothing that Markdown would take as its own."""
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", " ".join(text.split()))


def fenced(text: str) -> str:
    """A fix as it can be copied, or as words when it is several lines."""
    return f"`` {text} ``" if "\n" not in text else "\n\n```text\n" + text + "\n```"


def without_numbers(page: str) -> str:
    """A page whose numbers do not matter: days and times of an example may be those of today."""
    return re.sub(r"\d+", "0", page)


main()
