"""Results as one JSON document: a contract that other programs read."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sweeper.core.errors import SweeperError
from sweeper.core.results import Amount, InstallResult, Outcome, RunResult

if TYPE_CHECKING:
    from sweeper.check.result import CheckResult

SCHEMA_VERSION = 1


def moment(value: datetime) -> str:
    """ISO 8601 in UTC, with a Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def amount_number(value: Decimal, *, integer: bool) -> int | str:
    """Whole credits as a number, decimal ones as a string, to the last digit."""
    return int(value) if integer else format(value, "f")


def run_document(result: RunResult) -> str:
    """The document of ``sweeper run``."""

    def both(amount: Amount) -> dict[str, Any]:
        credits = amount_number(amount.credits, integer=result.integer_amounts)
        return {"sessions": amount.sessions, "credits": credits}

    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "command": "run",
        "run_id": result.run_id,
        "dry_run": result.dry_run,
        "as_of": moment(result.as_of),
        "outcome": result.outcome.value,
        "refunds": {**both(result.refunds), "accounts": result.accounts},
        "reasons": {reason: both(amount) for reason, amount in result.reasons.items()},
        "already_refunded": result.already_refunded,
        "skipped": result.skipped,
        "held": result.held,
        "remaining": result.remaining,
        "before_floor": both(result.before_floor),
        "batches": result.batches,
        "duration_seconds": round(result.duration_seconds, 3),
    }
    if result.error:
        document["error"] = error_of(result.error)
    return json.dumps(document)


def install_document(result: InstallResult) -> str:
    """The document of ``sweeper install``."""
    said = {"actions": list(result.actions), "notes": list(result.notes)}
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": "install", **said})


def check_document(result: "CheckResult") -> str:
    """The document of ``sweeper check``."""
    checks = [
        {"name": check.name, "status": check.status.value, "message": check.message, "fix": check.fix}
        for check in result.checks
    ]
    document = {"schema_version": SCHEMA_VERSION, "command": "check", "as_of": moment(result.as_of)}
    return json.dumps({**document, "checks": checks})


def init_document(file: str, open_questions: Sequence[str]) -> str:
    """The document of ``sweeper init``."""
    document = {"schema_version": SCHEMA_VERSION, "command": "init", "file": file}
    return json.dumps({**document, "open_questions": list(open_questions)})


def error_document(command: str, error: SweeperError) -> str:
    """The document of a command that could not do its work."""
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "command": command}
    if command in ("run", "revert", "adopt"):
        document["outcome"] = "failed"
    if command == "run" and not error.may_have_paid:
        document["refunds"] = {"sessions": 0, "credits": 0, "accounts": 0}
    return json.dumps({**document, "error": error_of(error)})


def interrupted_document(command: str) -> str:
    """The document of a command that a signal stopped before it had anything to sum up."""
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": command, "outcome": Outcome.INTERRUPTED.value})


def error_of(error: SweeperError) -> dict[str, str]:
    """What went wrong, for programs and for people."""
    return {"code": error.code, "message": error.message}
