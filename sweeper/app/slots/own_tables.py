"""The names of sweeper's own tables, as the statements' slots."""

from sweeper.postgres.templates import quote_name, quote_text


def own_slots(schema: str) -> dict[str, str]:
    """The tables in ``schema``, as names and as texts."""
    prefix = quote_name(schema)
    tables = ("refunds", "runs", "holds", "reversals", "settings", "locks")
    return {
        "schema": prefix,
        "schema_text": quote_text(schema),
        "refunds_text": quote_text(f"{prefix}.refunds"),
        "holds_text": quote_text(f"{prefix}.holds"),
        "reversals_text": quote_text(f"{prefix}.reversals"),
        **{table: f"{prefix}.{table}" for table in tables},
        "own_settings": f"{prefix}.settings",  # what a dry run before an installation reads: empty tables
    }
