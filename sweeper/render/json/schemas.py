"""JSON Schemas of the documents that ``--json`` prints, by command.

A program that reads them must ignore properties that it does not know: a later version may add some. No property is
removed, and no property changes its meaning, as long as ``schema_version`` is the same.
"""

from typing import Any

from sweeper.core.results import Outcome
from sweeper.explain.result import Verdict
from sweeper.render.json.common import SCHEMA_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
_YES_OR_NO: Schema = {"type": "boolean"}
_SECONDS: Schema = {"type": "number"}
_MAYBE_SECONDS: Schema = {"type": ["number", "null"]}
_CREDITS: Schema = {
    "description": "Whole credits are numbers, decimal ones strings, to the last digit.",
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^-?(\d+(\.\d+)?|NaN|Infinity)$"}],
}
_MAYBE_CREDITS: Schema = {"anyOf": [*_CREDITS["anyOf"], {"type": "null"}]}
_MOMENT: Schema = {"description": "ISO 8601, in UTC.", "type": "string", "pattern": r"^\d{4}-\d\d-\d\dT.*Z$"}
_MAYBE_MOMENT: Schema = {"anyOf": [_MOMENT, {"type": "null"}]}
_OUTCOME: Schema = {"enum": [outcome.value for outcome in Outcome]}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _by_name(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


_AMOUNT = _object({"sessions": _COUNT, "credits": _CREDITS})
_PAID = _object({"sessions": _COUNT, "credits": _CREDITS, "accounts": _COUNT})
_ERROR = _object({"code": _TEXT, "message": _TEXT})
_LEFT = _by_name(_object({"sessions": _COUNT, "credits": _CREDITS, "samples": _list(_TEXT)}, {"message": _TEXT}))
_RUN = _object(
    {
        "run_id": _TEXT, "as_of": _MOMENT, "started_at": _MOMENT, "ended_at": _MAYBE_MOMENT,
        "outcome": {"enum": [*_OUTCOME["enum"], None]}, "died": _YES_OR_NO, "refunds": _AMOUNT, "reversed": _AMOUNT,
        "already_refunded": _MAYBE_COUNT, "skipped": _MAYBE_COUNT, "held": _MAYBE_COUNT, "remaining": _MAYBE_COUNT,
        "batches": _MAYBE_COUNT, "version": _TEXT, "host": _TEXT, "db_role": _TEXT, "told": {"type": "object"},
    }
)  # fmt: skip
_EVENT = _object(
    {"at": _MOMENT, "event": {"enum": ["started", "active", "failed", "held", "hold_ended", "refunded", "adopted",
                                       "reversed"]}},
    {
        "amount": _CREDITS, "reason": _MAYBE_TEXT, "layer": _TEXT, "run_id": _MAYBE_TEXT, "refund_id": _TEXT,
        "account_id": _MAYBE_TEXT, "attempt": _MAYBE_TEXT, "made_by": _TEXT, "why": _TEXT, "constraint": _MAYBE_TEXT,
        "decided_by": _TEXT, "decided_because": _MAYBE_TEXT, "shares": _by_name(_CREDITS),
    },
)  # fmt: skip
_SESSION = {
    "session_id": _TEXT, "verdict": {"enum": [verdict.value for verdict in Verdict]}, "message": _TEXT,
    "account_id": _MAYBE_TEXT, "status": _MAYBE_TEXT, "attempt": _TEXT, "amount": _MAYBE_CREDITS,
    "charged": _MAYBE_CREDITS, "deadline": _MAYBE_MOMENT,
    "reason": _MAYBE_TEXT, "hold_reason": _MAYBE_TEXT, "started_at": _MAYBE_MOMENT, "active_at": _MAYBE_MOMENT,
    "failed_at": _MAYBE_MOMENT, "due_at": _MAYBE_MOMENT, "floor": _MOMENT, "history": _list(_EVENT),
}  # fmt: skip
_PERIOD = _object(
    {
        "refunded": _AMOUNT, "reversed": _AMOUNT, "adopted": _AMOUNT, "net_credits": _CREDITS,
        "by_reason": _by_name(_AMOUNT), "by_layer": _by_name(_AMOUNT), "by_pool": _by_name(_AMOUNT),
        "by_day": _list(_object({"day": _TEXT, "sessions": _COUNT, "credits": _CREDITS})),
        "time_to_refund_seconds": _object(dict.fromkeys(("p50", "p95", "max"), _MAYBE_SECONDS)),
        "largest_accounts": _list(_object({"account_id": _MAYBE_TEXT, "sessions": _COUNT, "credits": _CREDITS})),
    }
)  # fmt: skip
_FINDING = _object({"code": _TEXT, "count": _COUNT, "samples": _list(_TEXT), "hint": _TEXT})
_CORRECTION = {
    "dry_run": _YES_OR_NO, "as_of": _MOMENT, "outcome": _OUTCOME, "reason": _TEXT, "left": _LEFT,
    "duration_seconds": _SECONDS,
}  # fmt: skip


_SHAPES: dict[str, list[Schema]] = {
    "run": [
        _object(
            {
                "run_id": _MAYBE_TEXT, "dry_run": _YES_OR_NO, "as_of": _MOMENT, "outcome": _OUTCOME,
                "refunds": _PAID, "reasons": _by_name(_AMOUNT), "already_refunded": _COUNT, "skipped": _COUNT,
                "held": _COUNT, "remaining": _COUNT, "before_floor": _AMOUNT, "batches": _COUNT,
                "duration_seconds": _SECONDS,
            },
            {"config": _TEXT, "error": _ERROR},
        ),
        _object({"outcome": {"const": "interrupted"}}, {"config": _TEXT}),
    ],
    "check": [
        _object(
            {
                "as_of": _MOMENT,
                "checks": _list(
                    _object({"name": _TEXT, "status": {"enum": ["ok", "warning", "failure"]}, "message": _TEXT,
                             "fix": _TEXT})
                ),
            }
        )
    ],
    "audit": [
        _object(
            {
                "as_of": _MOMENT, "since": _MOMENT, "until": _MOMENT, "period": _PERIOD,
                "rate": _object({"last_day": _COUNT, "usual_per_day": _MAYBE_SECONDS, "layer_broke": _YES_OR_NO,
                                 "reason": _MAYBE_TEXT}),
                "position": _by_name(_AMOUNT),
                "lost": _list(_object({"month": _TEXT, "reason": _TEXT, "sessions": _COUNT, "credits": _CREDITS})),
                "control": _object({"failed_and_stuck": _AMOUNT}),
                "oldest_owed_seconds": _MAYBE_SECONDS,
                "findings": _list(_FINDING),
            }
        )
    ],
    "explain": [
        _object({"as_of": _MOMENT, **_SESSION}),
        _object({"as_of": _MOMENT, "account_id": _TEXT, "sessions": _list(_object(_SESSION)), "more": _YES_OR_NO}),
    ],
    "history": [
        _object({"runs": _list(_RUN)}),
        _object(
            {
                "run": _RUN, "reasons": _by_name(_AMOUNT),
                "refunds": _list(
                    _object({"refund_id": _TEXT, "session_id": _TEXT, "account_id": _TEXT, "attempt": _TEXT,
                             "credits": _CREDITS, "reason": _TEXT, "reversed": _YES_OR_NO})
                ),
            }
        ),
    ],
    "revert": [
        _object(
            {**_CORRECTION, "run_id": _MAYBE_TEXT, "run_open": _YES_OR_NO, "other_file": _YES_OR_NO,
             "other_amount": _YES_OR_NO, "session_id": _MAYBE_TEXT, "refunds": _PAID, "already_reversed": _COUNT},
            {
                "balances": _list(_object({"account_id": _TEXT, "credits": _CREDITS, "before": _MAYBE_CREDITS,
                                           "after": _MAYBE_CREDITS})),
                "error": _ERROR,
            },
        )
    ],
    "adopt": [
        _object(
            {
                **_CORRECTION, "adopted": _AMOUNT, "statuses": _by_name(_AMOUNT), "already_refunded": _COUNT,
                "samples": _list(_object({"session_id": _TEXT, "account_id": _MAYBE_TEXT, "status": _MAYBE_TEXT,
                                          "credits": _CREDITS})),
            },
            {"error": _ERROR},
        )
    ],
    "init": [
        _object(
            {
                "file": _TEXT,
                "open_questions": _list(_TEXT),
                "hidden_tables": _list(_TEXT),
                "tables_of_others": _list(_TEXT),
            }
        )
    ],
    "install": [_object({"actions": _list(_TEXT), "notes": _list(_TEXT)}, {"sql": _TEXT})],
    "sql": [
        _object({"statements": _list(_object({"name": _TEXT, "group": _TEXT, "heading": _TEXT}))}),
        _object({"name": _TEXT, "sql": _TEXT}),
    ],
}  # fmt: skip


def document_schemas() -> dict[str, Schema]:
    """The schema of each command's document; where a command prints several, of any of them, or of its error."""
    return {command: _document(command, shapes) for command, shapes in _SHAPES.items()}


def _document(command: str, shapes: list[Schema]) -> Schema:
    failed = _object({"error": _ERROR}, {"outcome": {"const": "failed"}, "refunds": _PAID, "config": _TEXT})
    head = {"schema_version": {"const": SCHEMA_VERSION}, "command": {"const": command}}
    whole = [
        {**shape, "properties": {**head, **shape["properties"]}, "required": [*head, *shape["required"]]}
        for shape in (*shapes, failed)
    ]
    return {"$schema": DIALECT, "title": f"sweeper {command} --json", "anyOf": whole}
