"""Mutations: small faults, each of which breaks one promise and must turn a named test red.

The list is in the TOML files beside this one; ``python -m tests.mutations`` applies them one by one.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutation:
    """``text``, which is in ``file`` once, becomes ``becomes``; then one of ``tests`` must fail."""

    name: str
    breaks: str
    file: str
    text: str
    becomes: str
    tests: tuple[str, ...]

    def occurrences(self, folder: Path = REPOSITORY) -> int:
        """How often the text is in its file."""
        return (folder / self.file).read_text().count(self.text)

    def apply(self, folder: Path) -> None:
        """Break the copy of the repository in ``folder``."""
        path = folder / self.file
        if self.occurrences(folder) != 1:
            raise ValueError(f"{self.name}: its text is not in {self.file} exactly once")
        path.write_text(path.read_text().replace(self.text, self.becomes))


def load() -> list[Mutation]:
    """The whole list."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for name, entry in tomllib.loads(path.read_text()).items():
            found.append(Mutation(name=name, **{**entry, "tests": tuple(entry["tests"])}))
    return found
