"""What a failed session may be owed: candidates, each tried on real rows, for the user to choose from."""

from collections.abc import Iterator, Sequence
from functools import partial

from sweeper.init import words
from sweeper.init.accounts.balances import Balance
from sweeper.init.answers import Candidate, Line, none_first, try_all
from sweeper.init.evidence import Column, Evidence, expression
from sweeper.init.ledger.json_links import JsonLink
from sweeper.init.ledger.ledger import Ledger, session_key
from sweeper.init.ledger.row_kinds import says_what
from sweeper.init.sessions.sessions import Session

_MOST, _ENOUGH = 7, 5
_UNPROVEN = "a price that the session stores: nothing here proves that it was ever taken"


def find_amounts(
    evidence: Evidence, session: Session, balance: Balance | None, ledger: Ledger | None, links: Sequence[JsonLink]
) -> tuple[list[Candidate], Line | None]:
    """Candidates for the amount, the most likely first, and what the books say was charged."""
    net = _net(session, ledger) if ledger else None
    charged = _charged(evidence, session, ledger, net) if ledger and net else None
    found = list(_booked(session, ledger, net))
    found += [amount for link in links if not link.of_refund and (amount := link.amount(session))]
    found += _stored(evidence, session, balance)
    found += _of_parts(evidence, session, {ledger.table} if ledger and not ledger.is_silent else set())
    found += [
        Candidate(f"cardinality({column.as_sql})", "a rule: one credit for each")
        for column in session.table.columns
        if column.category == "A"
    ]
    tried = try_all(evidence, session.table, session.failed_condition, found[:_MOST])
    return none_first(tried), charged


def _net(session: Session, ledger: Ledger) -> Candidate | None:
    """Charges less refunds, with the ledger's own signs if it has them."""
    if not ledger.charges:
        return None
    also = ledger.link.also
    if ledger.kind and ledger.refunds and says_what(ledger.kind, ledger.link.column):  # an id may be of something else
        also = f" AND ({' OR '.join([*(charge.condition for charge in ledger.charges), ledger.refunds])})"
    booked = partial(_of_ledger, session, ledger, also=also)
    if ledger.signed:
        sql = booked("booked_net", sign=ledger.charges[0].sign)
    elif ledger.refunds and all(not charge.sign for charge in ledger.charges):
        charge = " OR ".join(charge.condition for charge in ledger.charges)
        sql = booked("booked_net_of_kinds", charge=charge, refund=ledger.refunds)
    else:
        return None
    return Candidate(sql, "what was booked as its charge, less what was given back")


def _of_ledger(session: Session, ledger: Ledger, name: str, **given: str) -> str:
    """An expression over the rows of a session."""
    given = {"key": session_key(session, ledger), **given}
    return expression(name, amount=ledger.amount, ledger=ledger.table, session=ledger.link.column, **given)


def _booked(session: Session, ledger: Ledger | None, net: Candidate | None) -> Iterator[Candidate]:
    if ledger is None:
        return
    sums = [_of_ledger(session, ledger, "booked", sign=one.sign, charge=one.condition) for one in ledger.charges]
    charges = [Candidate(sql, "what was booked as its charge") for sql in sums]
    if net and ledger.doubts and not ledger.nameless:
        meaning = f"{net.meaning}: for the net recipe, where our own rows must not count"
        mark = f", so add AND NOT ({ledger.mark}) to its condition" if ledger.mark else ""
        yield Candidate(net.sql, meaning + mark)
        yield from charges
    else:
        yield from charges
        if net:
            yield net


def _charged(evidence: Evidence, session: Session, ledger: Ledger, net: Candidate) -> Line | None:
    """What the books say was charged: certain if nearly all successful sessions have a charge there."""
    succeeded = session.condition("succeeded")
    if ledger.doubts or not ledger.linked or not succeeded:
        return None
    rows, taken = _taken(evidence, session, net, succeeded)
    if not rows or taken * 10 < rows * 9:
        return None
    failures, still_taken = _taken(evidence, session, net, session.failed_condition)
    if failures >= _ENOUGH and not still_taken:  # perhaps the app books a charge only once the work has succeeded
        return None
    comment = f"what the books say was taken and not given back: above zero for {taken} of {rows} successes"
    return Line("charged", net.sql, comment)


def _taken(evidence: Evidence, session: Session, net: Candidate, condition: str) -> tuple[int, ...]:
    """How many of the newest sessions were read, and how many of them have a charge that was not refunded."""
    return evidence.counts("draft_charges", session.table, expression=net.sql, condition=condition) or (0, 0)


def _stored(evidence: Evidence, session: Session, balance: Balance | None) -> Iterator[Candidate]:
    # "minutes", where the balance is called "minutes_left"
    unit = balance.column.words - words.LEFT if balance and balance.column else frozenset()
    # "seconds", where the account has a limit and a counter of seconds
    unit |= words.UNITS & frozenset(word for one in (balance.numbers.moving if balance else ()) for word in one.words)
    priced = [
        column
        for column in session.table.columns
        if column.is_number
        and (column.words & (words.PRICE | unit) or column.words & words.TAKEN)
        and not column.is_unique
        and not column.words & words.REFUND
        and column != session.status.column
        and not evidence.reference(column)
    ]
    # "credits_charged" before "token_count": names that mention a price come first
    priced.sort(key=lambda column: (-words.speaks_of_price(column.words), len(column.name)))
    pools = balance.pools if balance else ()
    shares = [column for column in priced if any(column.words & _own(pool, pools) for pool in pools)]
    if len(shares) > 1:
        yield Candidate(" + ".join(c.as_sql for c in shares), "what it took from each pool, as the session has it")
    yield from (Candidate(column.as_sql, _UNPROVEN) for column in priced)


def _own(pool: Column, pools: tuple[Column, ...]) -> frozenset[str]:
    return pool.words - frozenset.intersection(*(one.words for one in pools))


def _of_parts(evidence: Evidence, session: Session, others: set[object]) -> Iterator[Candidate]:
    for table in evidence.tables:
        if table in others or table == session.table:
            continue
        for reference in evidence.references(table):
            if reference.target != session.table or reference.target_column != session.key:
                continue
            for column in table.columns:
                if column.is_number and column.words & words.PRICE and not column.is_unique:
                    sql = expression("of_parts", price=column, parts=table, session=reference.column, key=session.key)
                    yield Candidate(sql, "the prices of its parts")
