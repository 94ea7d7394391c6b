"""The SQL in the file that reads the app's rows."""

import re
from collections.abc import Sequence

from sweeper.app.catalog import NAME, has_subquery, without_literals
from sweeper.config.model import Settings

# The sections of the file that decide who is paid and how much, without the keys in them that do not.
DECISIVE = {"sessions": {"ended_at"}, "accounts": {"invariant"}, "ledger": {"reverse", "past"}}
# SQL over a refund: there a bare name is the refund's, and one in a subquery that is the refund's is an error
OVER_REFUND = {"sessions.close", "sessions.refunded", "sessions.reversed", "accounts.add"}

_OF_SESSION, _OF_ACCOUNT = (re.compile(rf"\b{alias}\s*\.\s*({NAME})", re.IGNORECASE) for alias in "sa")


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
    found: dict[str, list[str | None]] = {
        "sessions": [*own.close, *own.refunded, *own.reversed],
        "accounts": [*((accounts and accounts.add) or {})],
        "ledger": [ledger.session, ledger.attempt, ledger.where, ledger.guard, *ledger.insert] if ledger else [],
    }
    decisive = decisive_values(settings)
    for key, text in decisive:
        if key not in OVER_REFUND:
            found[key.partition(".")[0]].append(text)
    # there a bare name is the refund's
    for text in (*(text for key, text in decisive if key in OVER_REFUND), *(ledger.insert.values() if ledger else ())):
        found["sessions"] += _OF_SESSION.findall(without_literals(text))
        found["accounts"] += _OF_ACCOUNT.findall(without_literals(text))
    return {name: [text for text in texts if text] for name, texts in found.items()}


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
