"""A run or a dry run as one JSON document."""

from sweeper.core.results import Amount, RunResult
from sweeper.render.json.common import amount_object, config_property, document, error_property
from sweeper.render.words import moment


def run_document(result: RunResult, *, config: str | None = None) -> str:
    """The document of ``sweeper run``; of ``config``, where there are several files."""

    def both(amount: Amount) -> dict[str, object]:
        return amount_object(amount, integer=result.integer_amounts)

    return document(
        "run",
        **config_property(config),
        run_id=result.run_id,
        dry_run=result.dry_run,
        as_of=moment(result.as_of),
        outcome=result.outcome.value,
        refunds={**both(result.refunds), "accounts": result.accounts},
        reasons={reason: both(amount) for reason, amount in result.reasons.items()},
        already_refunded=result.already_refunded,
        skipped=result.skipped,
        held=result.held,
        remaining=result.remaining,
        before_floor=both(result.before_floor),
        batches=result.batches,
        duration_seconds=round(result.duration_seconds, 3),
        **error_property(result.error),
    )
