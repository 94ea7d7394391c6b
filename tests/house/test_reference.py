"""The reference is whole: every key, exit code, check item, finding, verdict, hold and error code is in it."""

import re
import tomllib
import typing
from datetime import timedelta

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sweeper.config import parsing
from sweeper.config.model import Settings
from sweeper.core.errors import Exit
from sweeper.explain.result import Verdict
from sweeper.monitoring import metrics
from sweeper.postgres import parameters
from sweeper.render.explain_words import hold_words
from sweeper.render.json.schemas import document_schemas
from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import REPOSITORY
from tests.helpers.readme import PAGES, blocks, described, section, table

CONFIG, CLI, JSON, FINDINGS = (f"docs/reference/{name}.md" for name in ("config", "cli", "json", "findings"))
MAPPING, MONITORING = "docs/mapping.md", "docs/monitoring.md"
PROGRAM = "\n".join(path.read_text() for path in sorted((REPOSITORY / "sweeper").rglob("*.py")))


def test_table_of_findings_is_the_programs() -> None:
    files = (REPOSITORY / "sql" / "audit" / "findings").glob("*.sql")
    assert set(described("Findings of the audit", FINDINGS)) == {path.stem for path in files}


def test_table_of_check_is_what_check_looks_at(first: AppDatabase) -> None:
    looked_at = [item["name"] for item in first.sweeper("check", "--json", now=None).document["checks"]]
    assert described("Items of the check", FINDINGS) == looked_at
    rehearsed = re.findall(r"^## (\w+)$", PAGES["docs/reference/rehearsal.md"], re.MULTILINE)
    assert looked_at[-12:] == rehearsed


def test_table_of_exit_codes_is_the_programs() -> None:
    assert {int(row[0]) for row in table("Exit codes", CLI)} == set(Exit)


def test_table_of_verdicts_is_the_programs() -> None:
    assert described("Verdicts", FINDINGS) == [str(verdict) for verdict in Verdict]


def test_table_of_reasons_of_holds_is_the_programs() -> None:
    rules = (REPOSITORY / "sql" / "parts" / "rules" / "hold_reason.sql").read_text()
    payment = (REPOSITORY / "sql" / "parts" / "pay" / "unfit.sql").read_text()
    given = set(re.findall(r"THEN '(\w+)'", rules + payment)) | set(re.findall(r'hold_reason="(\w+)"', PROGRAM))
    assert given <= set(described("Reasons of holds", FINDINGS))
    assert set(described("Reasons of holds", FINDINGS)) <= given | set(re.findall(r'"(\w+)"', PROGRAM))


def test_every_reason_of_a_hold_has_words() -> None:
    reasons = described("Reasons of holds", FINDINGS)
    assert [reason for reason in reasons if hold_words(reason) == reason] == []


def test_every_property_of_the_documents_is_named() -> None:
    named = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in table("The other commands", JSON)}
    anywhere = {"schema_version", "command", "config", "error", "outcome", "refunds"}
    schemas = document_schemas()
    assert named.keys() == schemas.keys() - {"run"}
    for command, names in named.items():
        properties = {key for one in schemas[command]["anyOf"] for key in one["properties"]}
        assert properties - anywhere == names - anywhere, command


def test_table_of_error_codes_is_the_programs() -> None:
    assert described("Error codes", JSON) == sorted(set(re.findall(r'\bcode="(\w+)"', PROGRAM)))


def test_every_metric_is_described() -> None:
    named = {re.sub(r"\{.*", "", name) for name in described("Metrics", MONITORING)}
    assert named == set(metrics.HELP)
    rules = REPOSITORY / "deploy" / "prometheus" / "alerts.yaml"
    assert set(re.findall(r"sweeper_[a-z_]+", rules.read_text())) <= named


def test_every_key_is_described_with_its_default() -> None:
    shown = {row[0].strip("`"): row[1] for row in table("Keys", CONFIG)}
    assert list(shown) == list(_defaults())
    for key, default in _defaults().items():
        if default is not None:
            assert shown[key].strip("`").replace('"', "") == default.replace("'", ""), key


def _defaults() -> dict[str, str | None]:
    """Each key with its default as the reference writes it; None where only words can describe it."""
    known: dict[str, str | None] = {}
    for name, field in Settings.model_fields.items():
        section = next(part for part in (field.annotation, *_inside(field.annotation)) if _is_section(part))
        for key, inner in section.model_fields.items():
            known[f"{name}.{inner.alias or key}"] = _shown(inner.default)
    return known


def _is_section(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _inside(annotation: object) -> tuple[object, ...]:
    return typing.get_args(annotation)


def _shown(default: object) -> str | None:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, timedelta):
        minutes = int(default.total_seconds()) // 60
        return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    return None if default is None else str(default)


def test_example_file_is_valid_and_shows_every_key() -> None:
    whole, ledger = blocks(section("The file", MAPPING), "toml")
    content = tomllib.loads(whole) | tomllib.loads(ledger)
    for block in blocks(PAGES[MONITORING], "toml"):
        content |= tomllib.loads(block)
    parsing.parse(content)
    shown = {f"{name}.{key}" for name, part in content.items() if isinstance(part, dict) for key in part}
    shown |= {f"reasons.{key}" for key in content["reasons"][0]}
    commented = {f"{name}.{key}" for name, text in (("sessions", whole), ("accounts", whole), ("ledger", ledger))
                 for key in re.findall(r"^# (\w+) +=", text, re.MULTILINE)}  # fmt: skip
    commented |= set(re.findall(r"^# \[(\w+\.\w+)\]", whole + ledger, re.MULTILINE))
    commented &= set(_defaults())
    without_use_yet = {"ledger.reverse", "audit.overdue_after"}
    assert shown | commented | without_use_yet | {"logging.event_prefix"} == set(_defaults())


def test_tables_of_connection_urls_have_every_parameter_with_its_source() -> None:
    page = section("Connection URLs", CONFIG)
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    named = {name.lower() for row in rows for name in re.findall(r"`([\w-]+)(?:=[^`]*)?`", row[0])}
    assert parameters.DROPPED | {*parameters.TRANSLATED, *parameters.RENAMED, *parameters.SEARCH_PATHS} <= named
    assert all("](https://" in "".join(row) for row in rows)
