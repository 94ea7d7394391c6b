"""Triggers of the app that spoil what a refund writes."""

from tests.helpers.app_database import AppDatabase


def spoil(database: AppDatabase, table: str, event: str, body: str) -> None:
    """A trigger before each row."""
    database.sql(
        f"CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN new; END $$; "
        f"CREATE TRIGGER spoil BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
