"""The runs, and one run with its refunds, as JSON documents."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sweeper.core.results import Amount
from sweeper.explain.result import RunHistory, RunRecord, RunRefund
from sweeper.render.json.common import amount_number, amount_object, document, moment_or_null
from sweeper.render.words import moment


def runs_document(runs: Sequence[RunRecord]) -> str:
    return document("history", runs=[_run(run) for run in runs])


def run_document_in_parts(history: RunHistory) -> Iterator[str]:
    """The document of ``sweeper history RUN``, part by part: a run may have a million refunds."""
    run = history.run
    reasons = {reason: _both(amount, run) for reason, amount in history.reasons.items()}
    yield document("history", run=_run(run), reasons=reasons)[:-1] + ', "refunds": ['
    for place, refund in enumerate(history.refunds):
        yield (", " if place else "") + json.dumps(_refund(refund, run))
    yield "]}\n"


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "as_of": moment(run.as_of),
        "started_at": moment(run.started_at),
        "ended_at": moment_or_null(run.ended_at),
        "outcome": run.outcome,
        "died": run.died,
        "refunds": _both(run.refunds, run),
        "reversed": _both(run.reversed, run),
        "already_refunded": run.already_refunded,
        "skipped": run.skipped,
        "held": run.held,
        "remaining": run.remaining,
        "batches": run.batches,
        "version": run.version,
        "host": run.host,
        "db_role": run.db_role,
        "told": run.told,
    }


def _refund(refund: RunRefund, run: RunRecord) -> dict[str, Any]:
    return {
        "refund_id": refund.refund_id,
        "session_id": refund.session_id,
        "account_id": refund.account_id,
        "attempt": refund.attempt,
        "credits": amount_number(refund.credits, integer=run.integer_amounts),
        "reason": refund.reason,
        "reversed": refund.reversed,
    }


def _both(amount: Amount, run: RunRecord) -> dict[str, object]:
    return amount_object(amount, integer=run.integer_amounts)
