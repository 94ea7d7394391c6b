"""The schema that editors get: right for every file that the program takes, and with every key described."""

import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped, unused-ignore]

from sweeper.config.descriptions import DESCRIPTIONS
from sweeper.config.schema import file_schema
from tests.helpers.command import command
from tests.helpers.paths import APPS
from tests.helpers.readme import DOCS, blocks, section
from tests.helpers.settings import content

FILES = sorted(APPS.glob("*.toml"))
CHECK = Draft7Validator(file_schema())


def as_an_editor_sees_it(value: Any) -> Any:
    """TOML's times are texts in JSON."""
    if isinstance(value, dict):
        return {key: as_an_editor_sees_it(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_an_editor_sees_it(one) for one in value]
    return value.isoformat() if isinstance(value, datetime | date) else value


def mistakes(base: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in CHECK.iter_errors(as_an_editor_sees_it(base))]


def test_the_command_prints_the_schema() -> None:
    ran = command("schema", environment={})
    assert (ran.exit_code, json.loads(ran.stdout)) == (0, file_schema())
    Draft7Validator.check_schema(file_schema())


def test_the_file_of_the_docs_is_valid_by_it() -> None:
    whole, ledger = blocks(section("The file", "docs/mapping.md"), "toml")
    parts = [whole, ledger, *blocks(DOCS["docs/monitoring.md"], "toml")]
    base: dict[str, Any] = {}
    for part in parts:
        base |= tomllib.loads(part)
    assert mistakes(base) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_of_the_tests_is_valid_by_it(path: Path) -> None:
    assert mistakes(tomllib.loads(path.read_text())) == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sessions", "amuont"),
        ("policy", "max_refund"),
        ("accounts", "ballance"),
        ("notify", "url"),
        ("reasons", "eror"),
    ],
)
def test_a_misspelt_key_is_refused(name: str, key: str) -> None:
    base = content()
    target = base["reasons"][0] if name == "reasons" else base.setdefault(name, {})
    target[key] = "x"
    (mistake,) = mistakes(base)
    assert f"'{key}' was unexpected" in mistake


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("sessions", {"failed": [40], "running": [1, 2]}),
        ("sessions", {"failed": [True], "running": []}),
        ("sessions", {"exclude": False, "amount": 3}),
        ("policy", {"stuck_after": {"queued": "6h", "generating": "never"}}),
        ("policy", {"since": datetime(2026, 1, 1, tzinfo=UTC), "max_amount": 0.5}),
        ("accounts", {"add": {"free": "s.free"}, "serialized": True}),
        ("notify", {"urls": ["${SLACK_URL}"], "on": ["held", "failed"]}),
    ],
)
def test_what_the_file_may_say_is_valid(name: str, keys: dict[str, Any]) -> None:
    base = content()
    base.setdefault(name, {}).update(keys)
    assert mistakes(base) == []


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("sessions", {"failed": []}),
        ("sessions", {"failed": "error"}),
        ("policy", {"batch_size": 0}),
        ("policy", {"grace": 5}),
        ("notify", {"on": ["hold"]}),
    ],
)
def test_what_it_may_not_say_is_not(name: str, keys: dict[str, Any]) -> None:
    base = content()
    base.setdefault(name, {}).update(keys)
    assert mistakes(base) != []


def keys(node: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """Every key of the file with its schema."""
    found = {}
    for name, inner in node.get("properties", {}).items():
        found[f"{prefix}{name}"] = inner
        found |= keys(inner.get("items", inner), f"{prefix}{name}.")
    return found


def test_every_key_is_described() -> None:
    described = keys(file_schema())
    assert {key for key in described if "." in key} == set(DESCRIPTIONS)
    assert [key for key, inner in described.items() if not inner.get("items", inner).get("description")
            and not inner.get("description")] == []  # fmt: skip


def test_defaults_are_written_as_in_the_file() -> None:
    found = keys(file_schema())
    assert found["policy.stuck_after"]["default"] == "1h"
    assert found["policy.grace"]["default"] == "15m"
    assert found["policy.max_refunds"]["default"] == 10_000
    assert "default" not in found["policy.max_credits"]
    assert found["ledger.where"]["default"] == "true"
