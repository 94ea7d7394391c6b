"""Whether the mapped balance is only a part of what charges are taken from, as the sessions themselves say."""

import re
from collections.abc import Sequence

from sweeper.app.catalog import Column
from sweeper.check.samples import Samples, is_number
from sweeper.config.model import AccountsSection

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_GIVEN = re.compile(r'^"?\w*(limit|quota|allowance|included|granted)\w*"?$', re.IGNORECASE)
_COUNTER = re.compile(r"used|usage|consum|held|reserv", re.IGNORECASE)
_POOLS = {"free", "paid", "bonus", "promo", "gift", "plan", "subscription", "topup", "trial", "monthly", "purchased",
          "bought", "extra", "pack", "reward", "rollover", "own"}  # fmt: skip
_NO_SHARE = {"id", "at", "usd", "cents", "price", "limit", "max"}


def taken_from(samples: Samples, others: Sequence[Column], own: AccountsSection) -> str:
    """Why a charge is taken from one of ``others``, too, as the end of a sentence; empty when nothing shows it.

    Either the sessions have a share for it beside that for the balance, or the balance is what was given and the other
    column counts what was used of it.
    """
    if own.balance is None or own.add is not None:
        return ""
    session_ids = samples.newest(running=False)
    shares = [column for column in samples.context.mapping.sessions.columns.values() if is_number(column)]
    beside = any(_is_share(column.name, own.balance) for column in shares)
    for other in others if beside and session_ids else ():
        share = next((column for column in shares if _is_share(column.name, other.name)), None)
        if share is None:
            continue
        if not samples.sees(samples.context.mapping.sessions, [share]):
            continue
        choices = {"flag": False, "number": True}
        rows = samples.read("find_marked", session_ids, {"column": share.quoted}, choices)
        if rows:
            return f"; {len(rows)} failed sessions, such as {rows[0].session_id}, took of {other.name} ({share.name})"
    if _GIVEN.search(own.balance):
        counter = next((other.name for other in others if _COUNTER.search(other.name)), None)
        return f"; {own.balance} is what was given, and {counter} counts what was used of it" if counter else ""
    return ""


def _is_share(share: str, pool: str) -> bool:
    """Whether a number of a session is about one pool: ``from_paid`` is about ``paid_credits``."""
    said, meant = ({word.lower() for word in _PART.findall(name)} for name in (share, pool))
    return bool(said & meant & _POOLS) and not said & _NO_SHARE
