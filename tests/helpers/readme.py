"""The parts of the documentation: of the README, and of the pages in docs/, which are named by their paths in it."""

import re

from tests.helpers.paths import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
DOCS = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text() for path in sorted((REPOSITORY / "docs").rglob("*.md"))
}
PAGES = {"README.md": README, **DOCS}
EVERYTHING = "\n".join(PAGES.values())
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title: str, page: str = "README.md") -> str:
    """What stands under one heading of a page, up to the next of the same rank."""
    (text,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGES[page], re.MULTILINE | re.DOTALL)
    return str(text)


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code in one language."""
    return [body for name, body in BLOCK.findall(text) if name == language]


def table(title: str, page: str = "README.md") -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title, page).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def described(title: str, page: str) -> list[str]:
    """What a section's table is about: the code in its first column."""
    return [row[0].strip("`") for row in table(title, page)]
