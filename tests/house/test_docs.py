"""The pages of the documentation: links lead somewhere, recipes are those of the tests, and the site builds."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.paths import APPS, REPOSITORY
from tests.helpers.readme import BLOCK, DOCS, PAGES, blocks

OTHERS = ("CONTRIBUTING.md", "CHANGELOG.md")
WRITTEN = {**PAGES, **{name: (REPOSITORY / name).read_text() for name in OTHERS}}
SHAPES = APPS / "shapes"
RECIPES = {name: text for name, text in DOCS.items() if name.startswith("docs/recipes/")}
RECIPE = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """What a link into a page can name, on GitHub and in the site alike."""
    headings = re.findall(r"^##* (.*)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_link_leads_somewhere(name: str) -> None:
    """To a file that is there, and to a heading of it."""
    for target in re.findall(r"\]\((?!https:)([^)]+)\)", BLOCK.sub("", WRITTEN[name])):
        file, _, anchor = target.partition("#")
        path = (REPOSITORY / name).parent / file if file else REPOSITORY / name
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text()), target


@pytest.mark.parametrize("name", DOCS)
def test_no_two_headings_of_a_page_are_the_same(name: str) -> None:
    headings = re.findall(r"^##+ (.*)$", BLOCK.sub("", DOCS[name]), re.MULTILINE)
    assert len(headings) == len(anchors("\n".join(f"## {heading}" for heading in headings)))


def test_every_file_that_is_named_is_there() -> None:
    text = "\n".join(WRITTEN.values())
    named = re.findall(r"`((?:sweeper|sql|tests|benchmarks|docs|\.ci)/[^`\s*]*)`", text)
    assert len(named) > 10
    for name in named:
        assert (REPOSITORY / name).exists() or "NAME" in name, name


def test_every_page_is_in_the_table_of_contents_the_index_and_the_readme() -> None:
    contents = yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text())["nav"]
    assert {f"docs/{page}" for page in _leaves(contents)} == set(DOCS)
    for name in DOCS.keys() - {"docs/index.md"}:
        page, beside = ("docs/mapping.md", name.removeprefix("docs/")) if name in RECIPES else ("README.md", name)
        assert f"({beside})" in PAGES[page] or f"({beside}#" in PAGES[page], name
        assert f"({name.removeprefix('docs/')})" in PAGES["docs/index.md"], name


def _leaves(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    return [leaf for one in (part.values() if isinstance(part, dict) else part) for leaf in _leaves(one)]


def test_every_shape_of_the_tests_has_a_recipe() -> None:
    named = set(re.findall(r"tests/apps/shapes/(\w+)/sweeper.toml", "\n".join(RECIPES.values())))
    assert named == {path.name for path in SHAPES.iterdir() if path.is_dir()}


@pytest.mark.parametrize(
    ("title", "text"),
    [pytest.param(*recipe, id=recipe[0]) for page in RECIPES.values() for recipe in RECIPE.findall(page)],
)
def test_a_recipe_is_a_part_of_the_file_that_is_tested(title: str, text: str) -> None:
    (block,) = blocks(text, "toml")
    (shape,) = set(re.findall(r"shapes/(\w+)/sweeper.toml", text))
    lines = (SHAPES / shape / "sweeper.toml").read_text().splitlines()
    assert [line for line in block.splitlines() if line and line not in lines] == []
    assert _is_part(tomllib.loads(block), tomllib.loads("\n".join(lines))), title
    assert ("/hook.sql)" in text) == (SHAPES / shape / "hook.sql").exists()


def _is_part(part: Any, whole: Any) -> bool:
    """Whether all keys of a table are in another, with the same values."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    return bool(part == whole)


def test_the_outbox_of_the_docs_is_the_one_that_is_tested() -> None:
    hooks = blocks(DOCS["docs/hooks.md"], "sql")
    assert (SHAPES / "outbox_row" / "hook.sql").read_text() in hooks


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    page = (tmp_path / "design" / "index.html").read_text()
    assert 'href="../pay.sql"' in page
    assert "../sql/" not in page, "what the site does not have is no link there"
