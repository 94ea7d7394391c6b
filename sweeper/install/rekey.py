"""Gives the refunds that there are the key of the mapping in the file: ``sweeper install --rekey``."""

from collections.abc import Mapping as Mapped

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError
from sweeper.install.own_tables import Found
from sweeper.postgres.database import Transaction
from sweeper.postgres.templates import fill, fill_script


def require_same_table(transaction: Transaction, mapping: Mapping, found: Found) -> None:
    """Check that the table of sessions that the refunds are of is the mapped one, or gone.

    Raises:
        ConfigurationError: it is another, and still there.
    """
    if found.bound is None or mapping.key.of_table(found.bound):
        return
    if transaction.rows(fill("find_table", {}), {"name": found.bound.table}):
        raise ConfigurationError(
            f"the refunds in {mapping.schema}.refunds are of {found.bound.table}, which is still there: name another "
            f"schema in database.schema for {mapping.sessions.qualified}. Nothing was changed",
            code="key_changed",
        )


def require_translatable(transaction: Transaction, mapping: Mapping, found: Found, old_session_id: str) -> None:
    """Check that every refund can get the key of the mapping; ``old_session_id`` is the column that its id is of now.

    Raises:
        ConfigurationError: some cannot; the message has their number and samples.
    """
    choices = _changes(mapping, found, old_session_id)
    # of a session that is gone nobody asks again: its attempt stays what it was, where the type takes any text
    choices["keeps_text"] = mapping.takes_any_attempt(empty=not choices["translate_attempts"])
    slots = {**mapping.slots, "old_session_id": old_session_id}
    rows = transaction.rows(fill("list_untold", slots, {**mapping.choices, **choices}))
    if rows:
        samples = ", ".join(row.session_id for row in rows)
        raise ConfigurationError(
            f"{rows[0].refunds} refunds cannot be translated, because their sessions do not tell the new key: they are "
            f"gone, have no id or no attempt, or were refunded for several charges ({samples}). Nothing was changed",
            code="key_changed",
        )


def _attempts(mapping: Mapping, found: Found) -> str | None:
    """How the attempts in the ledger become those of the mapping: what the script asks for."""
    if mapping.key.attempt is None:
        return "forget_attempts"
    if found.bound is None:
        known = found.has_attempts and found.of_attempts
        return "translate_empty_attempts" if known else "translate_attempts"
    return None if mapping.key.same_attempt_texts(found.bound) else "translate_attempts"


def _same_accounts(mapping: Mapping, found: Found) -> bool:
    kind = found.tables["refunds"]["account_id"].partition(" COLLATE ")[0]
    return kind == mapping.slots["account_type"]


def rekey_script(mapping: Mapping, found: Found, old_session_id: str, slots: Mapped[str, str]) -> str:
    """The SQL that gives every refund the key of the mapping; ``old_session_id`` is as above."""
    choices = {**mapping.choices, **_changes(mapping, found, old_session_id)}
    return fill_script("rekey", {**slots, "old_session_id": old_session_id}, choices)


def _changes(mapping: Mapping, found: Found, old_session_id: str) -> dict[str, bool]:
    attempts = _attempts(mapping, found)
    return {
        "other_ids": old_session_id != mapping.slots["session_id"],
        "other_accounts": not _same_accounts(mapping, found),
        **{how: how == attempts for how in ("forget_attempts", "translate_attempts", "translate_empty_attempts")},
    }
