"""The house rules: imports point down, heavy libraries stay where they are used, names say something."""

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import securebase_analysis

ROOT = Path(securebase_analysis.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
FLOORS = [
    {"errors", "theory"},
    {"engines", "results"},
    {"readers"},
    {"study"},
    {"measures"},
    {"models"},
    {"show"},
    {"published"},
    {"cli", "__init__"},
]
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
STANDARD = {"abc", "__future__", "collections", "dataclasses", "functools", "itertools", "math", "typing"}


def room(module: str) -> str:
    """The room a dotted module of ours lies in: ``securebase_analysis.show.style`` -> ``show``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def floor(name: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if name in rooms)


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    """Everything that stands in a file."""
    return tuple(ast.walk(ast.parse(file.read_text("utf-8"))))


@cache
def imports_of(file: Path) -> list[str]:
    """Every module that a file imports, inside functions too."""
    found = []
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: import by full name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += names if node.module == "securebase_analysis" else [str(node.module)]
    return found


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=named)
def test_imports_point_down(file):
    home = floor(room(module_of(file)))
    for name in imports_of(file):
        if name.split(".")[0] == "securebase_analysis" and name != "securebase_analysis":
            assert floor(room(name)) <= home, f"{named(file)} reaches up to {name}"
            same_floor_other_room = floor(room(name)) == home and room(name) != room(module_of(file))
            assert not (same_floor_other_room and "engines" in (room(name), room(module_of(file)))), name


@pytest.mark.parametrize("file", sorted((ROOT / "engines").glob("*.py")), ids=named)
def test_engines_know_arrays_only(file):
    for name in imports_of(file):
        own = name.startswith("securebase_analysis.engines")
        assert own or name.split(".")[0] in STANDARD | {"numpy", "scipy"}, f"{named(file)} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_only_show_draws_and_writes_documents(file):
    drawing = {name.split(".")[0] for name in imports_of(file)} & {"matplotlib", "docx"}
    assert not drawing or room(module_of(file)) == "show", f"{named(file)} imports {drawing}"


def test_modules_have_names_that_say_something():
    public = {name for name in securebase_analysis.__all__ if name.islower()}
    for file in FILES:
        assert file.stem not in SAYS_NOTHING, named(file)
        assert file.stem not in public, f"{named(file)} has the name of a function"


def loaded_with(file: Path) -> set[str]:
    """Modules of ours that are imported as soon as this one is: not inside functions, nor for types alone."""
    found = set()
    for node in nodes_of(file)[0].body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("securebase_analysis"):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & MODULES or {str(node.module)}
    return found


MODULES = {module_of(file) for file in FILES}


def test_no_module_waits_for_itself():
    """Modules that load one another work or fail by which of them is asked for first."""
    left = {module_of(file): loaded_with(file) for file in FILES}
    while ready := {module for module, needed in left.items() if not needed & left.keys()}:
        left = {module: needed for module, needed in left.items() if module not in ready}
    assert sorted(left) == []


def test_every_module_is_used():
    """By an import, or by its name where modules are loaded by name (the map, pictures, rules of figures)."""
    imported = {name for file in FILES for name in imports_of(file)}
    imported |= {module for file in FILES for module in loaded_with(file)}
    told = {node.value for file in FILES for node in nodes_of(file) if isinstance(node, ast.Constant)}
    entry = {"securebase_analysis.cli"}
    for file in FILES:
        module = module_of(file)
        by_name = {file.stem, module.removeprefix("securebase_analysis.")}
        assert file.stem == "__init__" or module in imported | entry or by_name & told, named(file)


def test_every_public_name_is_documented_with_an_example():
    for name in securebase_analysis.__all__:
        thing = getattr(securebase_analysis, name)
        if callable(thing) and not isinstance(thing, type):
            text = thing.__doc__ or ""
            takes = ("Parameters",) if inspect.signature(thing).parameters else ()
            for part in (*takes, "Returns", "Examples"):
                assert re.search(rf"^ *{part}\n *-+$", text, re.MULTILINE), f"{name} lacks {part}"


def test_the_map_names_every_public_name():
    for name in securebase_analysis.__all__:
        assert name in (securebase_analysis.__doc__ or ""), f"the module docstring does not mention {name}"


def test_nothing_unfinished_is_left_in_the_code():
    for file in FILES:
        assert not re.search(r"\b(TODO|FIXME|XXX)\b|NotImplemented", file.read_text("utf-8")), named(file)
