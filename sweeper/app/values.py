"""The SQL in the file that reads the app's rows."""

from collections.abc import Sequence

from sweeper.app.catalog import has_subquery
from sweeper.config.model import Settings

# The sections of the file that decide who is paid and how much, without the keys in them that do not.
DECISIVE = {"sessions": {"ended_at"}, "accounts": {"invariant"}, "ledger": {"reverse", "past"}}


def values_over_rows(settings: Settings) -> Sequence[tuple[str, str]]:
    """Each key of the file whose value is SQL over the rows of sessions and accounts, with that SQL."""
    found = list[tuple[str, str]]()
    for name, section in (("sessions", settings.sessions), ("accounts", settings.accounts)):
        for key, value in section.model_dump().items() if section else ():
            if isinstance(value, str):
                found.append((f"{name}.{key}", value))
            elif isinstance(value, dict):
                found += [(f"{name}.{key}", one) for one in value.values() if isinstance(one, str)]
    return found


def decisive_values(settings: Settings) -> Sequence[tuple[str, str]]:
    """The same, without what decides neither who is paid nor how much."""
    undecided = {f"{section}.{key}" for section, keys in DECISIVE.items() for key in keys}
    return [(key, text) for key, text in values_over_rows(settings) if key not in undecided]


def named_texts(settings: Settings) -> dict[str, list[str]]:
    """By table, what of the file may name its columns: the names of those that a refund writes, and SQL."""
    own, accounts, ledger = settings.sessions, settings.accounts, settings.ledger
    of_rows = [text for _, text in decisive_values(settings)]
    of_rows += [*own.close, *own.refunded, *own.reversed, *((accounts and accounts.add) or {})]
    of_ledger = [ledger.session, ledger.attempt, ledger.where, ledger.guard, *ledger.insert] if ledger else []
    return {"sessions": of_rows, "accounts": of_rows, "ledger": [text for text in of_ledger if text]}


def read_for_refund(settings: Settings) -> list[str]:
    """The SQL that decides what is owed, to whom, and what of it each column of the account takes."""
    own, ledger, accounts = settings.sessions, settings.ledger, settings.accounts
    texts = [own.account, own.status, own.amount, own.charged, own.exclude, own.never, own.attempt]
    texts += [own.started_at, own.active_at, own.stuck_at, own.failed_at]
    texts += [ledger.where] if ledger else []
    texts += list((accounts.add or {}).values()) if accounts else []
    return [text for text in texts if text]


def reads_other_rows(settings: Settings) -> bool:
    """Whether a refund depends on rows that are not locked, which a single snapshot may see out of date."""
    accounts = settings.accounts
    return bool(accounts and accounts.serialized) or any(map(has_subquery, read_for_refund(settings)))
