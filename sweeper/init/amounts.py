"""What a failed session may be owed: candidates, each tried on real rows, for the user to choose from."""

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.accounts import Account
from sweeper.init.evidence import Column, Evidence
from sweeper.init.ledgers import Ledger
from sweeper.init.sessions import Session
from sweeper.postgres.templates import fill_expression

_EXAMPLES = 3
_MOST = 6


@dataclass(frozen=True)
class Candidate:
    """An expression, what it is, and what it gives on real rows."""

    sql: str
    meaning: str
    examples: tuple[tuple[str, str | None], ...] = ()
    looked_at: int = 0
    nulls: int = 0


def find_amounts(
    evidence: Evidence, session: Session, account: Account | None, ledger: Ledger | None
) -> list[Candidate]:
    """What may be the charge, the likeliest first: what was booked, what the session stores, what can be counted."""
    found = list(_booked(session, ledger))
    found += _stored(evidence, session, account)
    found += _of_parts(evidence, session, account, ledger)
    found += [
        Candidate(f"cardinality({column.as_sql})", "a rule: one credit for each")
        for column in session.table.columns
        if column.category == "A"
    ]
    return _all_tried(evidence, session, found[:_MOST])


def _booked(session: Session, ledger: Ledger | None) -> Iterator[Candidate]:
    if ledger is None:
        return
    same = ledger.session.type == session.key.type
    key = f"s.{session.key.as_sql}" + ("" if same else f"::{ledger.session.type}")
    for charge in ledger.charges:
        slots = {
            "sign": charge.sign,
            "amount": ledger.amount.as_sql,
            "ledger": ledger.table.as_sql,
            "session": ledger.session.as_sql,
            "key": key,
            "charge": charge.condition,
        }
        yield Candidate(fill_expression("booked", slots), "what was booked as its charge")


def _stored(evidence: Evidence, session: Session, account: Account | None) -> list[Candidate]:
    # "minutes", where the balance is called "minutes_left"
    unit = account.balance.words - words.LEFT if account and account.balance else frozenset()
    priced = [
        column
        for column in session.table.columns
        if column.is_number
        and column.words & (words.PRICE | unit)
        and not column.is_unique
        and not evidence.reference(column)
    ]
    # "credits_charged" before "token_count": the more its name speaks of a price, the better
    priced.sort(key=lambda column: (-words.speaks_of_price(column.words), len(column.name)))
    return [Candidate(column.as_sql, "a charge that the session stores") for column in priced]


def _of_parts(
    evidence: Evidence, session: Session, account: Account | None, ledger: Ledger | None
) -> Iterator[Candidate]:
    others = {found.table for found in (account, ledger) if found}
    for table in evidence.tables:
        if table in others or table == session.table:
            continue
        for reference in evidence.references(table):
            if reference.target != session.table or reference.target_column != session.key:
                continue
            for column in table.columns:
                if column.is_number and column.words & words.PRICE and not column.is_unique:
                    slots = {
                        "price": column.as_sql,
                        "parts": table.as_sql,
                        "session": reference.column.as_sql,
                        "key": session.key.as_sql,
                    }
                    yield Candidate(fill_expression("of_parts", slots), "the prices of its parts")


def _all_tried(evidence: Evidence, session: Session, candidates: list[Candidate]) -> list[Candidate]:
    """Each with what it gives on real rows; what gives nothing on any of them goes last."""
    tried = [_tried(evidence, session, candidate) for candidate in candidates]
    return sorted(tried, key=lambda candidate: bool(candidate.looked_at) and candidate.nulls == candidate.looked_at)


def _tried(evidence: Evidence, session: Session, candidate: Candidate) -> Candidate:
    slots = {
        "key": f"s.{session.key.as_sql}",
        "expression": candidate.sql,
        "table": session.table.as_sql,
        "condition": session.failed_condition,
    }
    rows = [(str(key), None if value is None else str(value)) for key, value in evidence.rows("try_expression", slots)]
    examples = sorted(rows, key=lambda row: row[1] is None)[:_EXAMPLES]
    return Candidate(
        candidate.sql, candidate.meaning, tuple(examples), len(rows), sum(value is None for _, value in rows)
    )


_FAILED_AT = (
    (frozenset({"failed"}), "when it failed"),
    (frozenset({"errored"}), "when it failed"),
    (frozenset({"error", "at"}), "when it failed"),
    *((frozenset({word, "changed"}), "when its status last changed") for word in ("status", "state")),
    *((frozenset({word}), "when it was over") for word in ("ended", "finished", "completed", "closed", "end", "done")),
    *(
        (frozenset({word}), "any later change counts as the failure")
        for word in ("updated", "update", "modified", "changed")
    ),
)


def find_failed_at(evidence: Evidence, session: Session, started: Column | None) -> list[Candidate]:
    """When a session failed, the likeliest first; when it started, if nothing else is known."""
    found: dict[str, str] = {}
    for wanted, meaning in _FAILED_AT:
        column = session.column(lambda column: column.is_time and column.as_sql not in found, (wanted,))
        if column:
            found[column.as_sql] = meaning
    if started:
        found.setdefault(started.as_sql, "the start: grace then protects only short sessions")
    return _all_tried(evidence, session, [Candidate(sql, meaning) for sql, meaning in list(found.items())[:_MOST]])
