"""Mapping files, with changes."""

import tomllib
from pathlib import Path
from typing import Any

from sweeper.config import parsing
from sweeper.config.model import Settings
from tests.helpers.paths import APPS

FIRST = APPS / "first.toml"


def content(app: Path = FIRST) -> dict[str, Any]:
    """What a mapping file says."""
    return tomllib.loads(app.read_text())


def changed(**sections: dict[str, Any]) -> Settings:
    """The first app's file with some keys changed; None takes a key away."""
    base = content()
    for name, keys in sections.items():
        section = base.setdefault(name, {})
        section.update(keys)
        base[name] = {key: value for key, value in section.items() if value is not None}
    return parsing.parse(base)
