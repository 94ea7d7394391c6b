"""The JSON documents."""

DOCUMENT_KEYS = [
    "schema_version", "command", "run_id", "dry_run", "as_of", "outcome", "refunds", "reasons", "already_refunded",
    "skipped", "held", "remaining", "before_floor", "batches", "duration_seconds",
]  # fmt: skip
