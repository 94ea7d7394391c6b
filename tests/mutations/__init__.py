"""Mutations: small faults, each of which breaks one promise and must turn a named test red.

The list is in the TOML files beside this one; ``python -m tests.mutations`` applies them one by one. Each names what it
changes, not the file, so that a move does not break it.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutation:
    """``text``, which is once in what ``where`` names, becomes ``becomes``; then one of ``tests`` must fail.

    ``where`` is a statement, ``pay.sql``, or what is defined in the program, ``BatchPayer.settle`` or ``_PLACES``.
    """

    name: str
    breaks: str
    where: str
    text: str
    becomes: str
    tests: tuple[str, ...]

    def places(self, folder: Path = REPOSITORY) -> list[tuple[Path, int]]:
        """Each file and offset, in characters, at which the text is."""
        return [
            (path, start + match.start())
            for path, start, source in _named(folder, self.where)
            for match in re.finditer(f"(?={re.escape(self.text)})", source)
        ]

    def apply(self, folder: Path) -> Path:
        """Break the copy of the repository in ``folder``; gives the file that is broken."""
        places = self.places(folder)
        if len(places) != 1:
            raise ValueError(f"{self.name}: its text is not in {self.where} exactly once")
        path, start = places[0]
        source = path.read_text()
        path.write_text(source[:start] + self.becomes + source[start + len(self.text) :])
        return path


_parsed = cache(ast.parse)  # each of the mutations looks through the whole program


@lru_cache(maxsize=2)  # what is mutated is a copy for each mutation
def _program(folder: Path) -> list[tuple[Path, str]]:
    """Each file of the program with its text, before any mutation."""
    return [(path, path.read_text()) for path in (folder / "sweeper").rglob("*.py")]


def _named(folder: Path, where: str) -> Iterator[tuple[Path, int, str]]:
    """Where all that is called ``where`` begins, and its text."""
    if where.endswith(".sql"):
        for path in (folder / "sql").rglob(where):
            yield path, 0, path.read_text()
        return
    for path, source in _program(folder):
        if where.rpartition(".")[2] in source:
            for start, end in _defined(_parsed(source), where, source):
                yield path, start, source[start:end]


def _defined(node: ast.AST, where: str, source: str) -> Iterator[tuple[int, int]]:
    head, _, rest = where.partition(".")
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names = {name}
            case ast.Assign(targets=targets):
                names = {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = {name}
            case _:
                names = set()
        if head in names and not rest:
            decorators = getattr(child, "decorator_list", [])
            first = min([child.lineno, *(decorator.lineno for decorator in decorators)])  # type: ignore[attr-defined]
            lines = source.splitlines(keepends=True)
            yield sum(map(len, lines[: first - 1])), sum(map(len, lines[: child.end_lineno]))  # type: ignore[attr-defined]
        elif head in names:
            yield from _defined(child, rest, source)


def load() -> list[Mutation]:
    """The whole list."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for name, entry in tomllib.loads(path.read_text()).items():
            found.append(Mutation(name=name, **{**entry, "tests": tuple(entry["tests"])}))
    return found
