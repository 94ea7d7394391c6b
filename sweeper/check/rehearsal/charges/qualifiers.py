"""Conditions of `ledger.where` that all rows of a session meet, such as the kind of their subject."""

import re

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.templates import Choices, Slots

# a condition that compares one column with a literal, alone or among others that all must be true
_EQUALITY = re.compile(
    r"""[\w."]+(?:::[\w."]+)?\s*=\s*(?:'(?:[^']|'')*'(?:::[\w."]+)?|-?\d+|true|false)""", re.IGNORECASE
)
_MOST = 0.8


def of_these_sessions(samples: Samples, amount: Column, *, unsigned: bool = False) -> list[str]:
    """Those that are true of the charges of nearly all sessions: rows of which they are not are about something else.

    Such a row may have a session's number by chance. Where amounts are ``unsigned``, all but refunds are charges.
    """
    conditions = _equalities(samples)
    if not conditions:
        return []
    items: list[Slots] = [{"qualifier": text} for text in conditions]
    choices: Choices = {"qualifiers": items, "unsigned": unsigned}
    rows = samples.read("count_qualified", samples.newest(running=False), {"amount_column": amount.quoted}, choices)
    met = [sum(row.met[place] for row in rows) for place in range(len(conditions))]
    return [text for text, count in zip(conditions, met, strict=True) if rows and count >= len(rows) * _MOST]


def _equalities(samples: Samples) -> list[str]:
    settings = samples.context.settings.ledger
    parts = re.split(r"\band\b", settings.where if settings else "", flags=re.IGNORECASE)
    return [match[0] for part in parts if (match := _EQUALITY.fullmatch(part.strip()))]
