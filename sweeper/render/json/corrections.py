"""Reverts and adoptions as JSON documents."""

from decimal import Decimal
from typing import Any

from sweeper.core.results import Amount
from sweeper.corrections.result import AdoptResult, BalanceChange, Correction, Left, RevertResult
from sweeper.render.json.common import amount_number, amount_object, document, error_property
from sweeper.render.words import moment


def revert_document(result: RevertResult) -> str:
    balances = {"balances": [_change(change, result) for change in result.balances]} if result.dry_run else {}
    return document(
        "revert",
        **_head(result),
        run_id=result.run_id,
        run_open=result.run_open,
        other_file=result.other_file,
        other_amount=result.other_amount,
        session_id=result.session_id,
        refunds={**_both(result.refunds, result), "accounts": result.accounts},
        already_reversed=result.already_reversed,
        left=_left(result),
        **balances,
        **_end(result),
    )


def adopt_document(result: AdoptResult) -> str:
    return document(
        "adopt",
        **_head(result),
        adopted=_both(result.refunds, result),
        statuses={status: _both(amount, result) for status, amount in result.statuses.items()},
        already_refunded=result.already_refunded,
        left=_left(result),
        samples=[
            {
                "session_id": sample.session_id,
                "account_id": sample.account_id,
                "status": sample.status,
                "credits": _credits(sample.credits, result),
            }
            for sample in result.samples
        ],
        **_end(result),
    )


def _head(result: Correction) -> dict[str, Any]:
    return {
        "dry_run": result.dry_run,
        "as_of": moment(result.as_of),
        "outcome": result.outcome.value,
        "reason": result.reason,
    }


def _end(result: Correction) -> dict[str, Any]:
    return {"duration_seconds": round(result.duration_seconds, 3), **error_property(result.error)}


def _credits(value: Decimal, result: Correction) -> int | str:
    return amount_number(value, integer=result.integer_amounts)


def _both(amount: Amount, result: Correction) -> dict[str, object]:
    return amount_object(amount, integer=result.integer_amounts)


def _left(result: Correction) -> dict[str, Any]:
    return {why: {**_both(left, result), **_examples(left)} for why, left in result.left.items()}


def _examples(left: Left) -> dict[str, Any]:
    return {"samples": list(left.samples), **({"message": left.message} if left.message else {})}


def _change(change: BalanceChange, result: RevertResult) -> dict[str, Any]:
    # a balance has the account table's own type, which may have decimals where amounts are whole
    return {
        "account_id": change.account_id,
        "credits": _credits(change.credits, result),
        "before": _balance(change.before),
        "after": _balance(change.after),
    }


def _balance(value: Decimal | None) -> int | str | None:
    return None if value is None else amount_number(value, integer=value == value.to_integral_value())
