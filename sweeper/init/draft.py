"""Makes a draft from the evidence: what the database proves is written, and everything else is a question."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.core.errors import ConfigurationError
from sweeper.init.accounts.accounts import (
    WHOSE,
    Payer,
    balances_of,
    find_payer,
    open_accounts,
    plain_numbers,
    unknown_accounts,
    unlinked_balances,
)
from sweeper.init.accounts.running_balances import after_column, looks_like_books
from sweeper.init.answers import Candidate, Chooser, Draft, Line, Section, asked, unknown
from sweeper.init.evidence import Evidence, Table
from sweeper.init.ledger.find_ledgers import find_ledgers
from sweeper.init.ledger.json_links import JsonLink, find_json_links
from sweeper.init.ledger.ledger import Ledger
from sweeper.init.ledger.ledger_lines import ledger_sections
from sweeper.init.ledger.session_link import has_price_of
from sweeper.init.ledger.unlinked_ledgers import without_ledger
from sweeper.init.owners import strangers_note
from sweeper.init.policy_lines import logging_section, policy_section
from sweeper.init.refunds.amounts import find_amounts
from sweeper.init.refunds.marks import find_exclude
from sweeper.init.refunds.unrefunded import without_unrefunded
from sweeper.init.sessions.sessions import (
    Session,
    find_sessions,
    has_ids_of,
    may_be_charged,
    named_session,
    reserved_charges,
)
from sweeper.init.sessions.status_lines import status_lines, with_statuses, without_ended
from sweeper.init.sessions.times import NO_LIFE, close_lines, find_times
from sweeper.init.sessions.zones import zone_lines
from sweeper.init.unproven import ask_unproven, hidden_note, hidden_tables

_MOST_OPTIONS = 6
_MOST_DROPPED = 12
_CLOSE = 1  # when two scores are no further apart than this, both tables are likely
_WHICH = "Which table holds the paid sessions?"
_AMOUNT = "What is owed when a session fails? (the charge, less what was delivered; a recorded charge beats a formula)"


def make_draft(evidence: Evidence, chooser: Chooser, table: str | None = None) -> Draft:
    """Draft a mapping of a database; ``table`` is the sessions table, if the user knows it.

    Raises:
        ConfigurationError: no table looks like one of paid sessions, or no table has that name.
    """
    if table is not None:
        named = named_session(evidence, table)
        if named is None:
            raise ConfigurationError(
                f"there is no table {table} with a key that this role can read", code="nothing_found"
            )
        return _draft(evidence, named, (), chooser)
    found, dropped = find_sessions(evidence)
    if not found:
        raise ConfigurationError(_nothing_found(evidence, dropped), code="nothing_found")
    session, others = _choose(evidence, found, chooser)
    if session is None:
        return _which_table(evidence, others)
    return _draft(evidence, session, others, chooser)


def _nothing_found(evidence: Evidence, dropped: Mapping[str, str]) -> str:
    """The tables that were considered, and why each was ruled out; there is no general fix to propose."""
    listed = sorted(dropped.items(), key=lambda item: "others look more" in item[1])
    lines = [f"  {name}: {why}" for name, why in listed[:_MOST_DROPPED]]
    if len(dropped) > _MOST_DROPPED:
        lines.append(f"  and {len(dropped) - _MOST_DROPPED} more")
    count = len(evidence.tables)
    unread = [strangers_note(evidence.strange)] if evidence.strange else []
    head = f"none of the {count} tables that this role can read looks like one of paid work:"
    if not count:
        return "\n".join(["there is no table that this role can read in this database", *unread])
    return "\n".join([head, *lines, *unread, "name the table that has it: `sweeper init --table NAME`"])


def _choose(evidence: Evidence, found: list[Session], chooser: Chooser) -> tuple[Session | None, tuple[Session, ...]]:
    """The sessions table, if it is certain."""
    # of two that look alike, the one that leads to a balance is the paid one
    held = {session.table.oid: balances_of(evidence, session) for session in found}
    scores = {one.table.oid: one.score + 2 * bool(held[one.table.oid]) for one in found}
    ranked = sorted(found, key=lambda session: -scores[session.table.oid])
    first = ranked[0]
    own = held[first.table.oid]
    alive = reserved_charges(evidence, first)
    # without a trace of a charge, the others are as likely as it is
    least = scores[first.table.oid] - _CLOSE if may_be_charged(evidence, first) else 0
    rivals = [one for one in ranked[1:] if scores[one.table.oid] >= least]

    def is_of_another_product(one: Session) -> bool:
        theirs = held[one.table.oid]
        has_own_balance = bool(own and theirs) and not own & {one.table.oid, *theirs}
        return has_own_balance and may_be_charged(evidence, one)

    others = [one for one in ranked[1:] if one not in rivals]
    # of one with the same ids the first may be a copy, and of one that has its price the job in a queue
    also = [one for one in others if has_ids_of(evidence, first.table, one) or has_price_of(evidence, one, first)]
    rivals += also + [one for one in others if one not in also and is_of_another_product(one)]
    known = {one.table.oid for one in ranked}
    named = [one for table in alive if (one := named_session(evidence, table.as_sql))]
    listed = [first, *(one for one in named if one.table.oid not in known), *ranked[1:]]
    shown = listed[:_MOST_OPTIONS]
    certain = not rivals and not alive
    chosen = chooser.pick(_WHICH, [one.table.as_sql for one in shown], certain=certain) if len(shown) > 1 else 0
    if chosen is None:
        likely = [first, *named, *(one for one in rivals if one.table not in alive)]
        return None, tuple(likely)
    session = shown[chosen]
    return session, tuple(other for other in listed if other.table != session.table)


def _which_table(evidence: Evidence, likely: Sequence[Session]) -> Draft:
    """The draft when even the sessions table is uncertain: every line is a question."""
    tables = [Candidate(one.table.as_sql, f"its status: {_status_of(one)}") for one in likely]
    question = (
        f"{_WHICH} It may be the work itself, or the charge that was taken for it and is "
        "let go or returned. Name it: `sweeper init --force --table NAME` drafts the rest."
    )
    keys = ("id", "account", "status", "failed", "started_at", "amount")
    lines = [unknown("table", question, tables)]
    lines += [Line(key, (OPEN_QUESTION,) if key == "failed" else OPEN_QUESTION) for key in keys]
    accounts = next((found for one in likely if (found := open_accounts(evidence, one))), None)
    notes = ("[accounts] and [ledger] depend on the table of sessions.",)
    sections = (Section("sessions", tuple(lines)), accounts or Section("accounts", notes=notes))
    return Draft(sections, {"sessions": "not known"})


def _status_of(session: Session) -> str:
    values = ", ".join(value for value, _ in session.status.counts[:8])
    column = session.status.column.as_sql if session.status.column else "not in a column"
    return f"{column}{f' ({values})' if values else ''}"


def _draft(evidence: Evidence, session: Session, others: Sequence[Session], chooser: Chooser) -> Draft:
    session = with_statuses(without_ended(evidence, session), chooser)
    payer = find_payer(evidence, session, chooser)
    ledgers = find_ledgers(evidence, session, payer.path, payer.balance)
    ledger = ledgers[0] if ledgers else None
    alone = None if unlinked_balances(evidence) else ledger  # the balance may be its sum
    links = find_json_links(evidence, session)
    amounts, charged = find_amounts(evidence, session, payer.balance, ledger, links)
    amount = asked(chooser, "amount", _AMOUNT, amounts)
    times = find_times(evidence, session, chooser)
    exclude, refunded, notes = find_exclude(evidence, session, ledger, [] if ledger else links, chooser)
    shown = without_unrefunded(evidence, session, exclude, ledger)
    lines = [
        Line("table", session.table.as_sql),
        Line("id", session.key.as_sql, "" if session.key.is_key else "unique together with the partition key"),
        _account(payer, alone),
        *status_lines(shown, chooser),
        times.started,
        *(times.active or [Line("active_at", OPEN_QUESTION, notes=(NO_LIFE,), proposed=True)]),
        amount,
        *([charged] if charged else []),
        times.failed,
        *([Line("ended_at", times.ended.as_sql)] if times.ended else []),
        *([Line("error", session.error.as_sql)] if session.error else []),
        *exclude,
    ]
    lines += zone_lines(evidence, session)
    if others:
        listed = ", ".join(other.table.as_sql for other in others[:5])
        lines[0] = replace(lines[0], notes=(f"Not taken, also possible: {listed}",))
    if notes:
        lines.append(Line("exclude", OPEN_QUESTION, notes=tuple(notes), proposed=True))
    close = close_lines(session, times.ended)
    sections = [
        Section("sessions", tuple(lines)),
        Section("sessions.close", tuple(close), comment="more columns to set when a stuck session is closed"),
        *refunded,
        *_accounts(evidence, payer, ledger, links),
        policy_section(session, times),
        logging_section(session),
        *(
            ledger_sections(evidence, session, ledgers, payer, chooser)
            if ledgers
            else without_ledger(evidence, session, _holding(payer), links)
        ),
    ]
    hidden = hidden_tables(evidence, session.table)
    if evidence.unseen or hidden:
        sections = ask_unproven(sections, hidden)
    if hidden:
        sections[0] = replace(sections[0], notes=(hidden_note(hidden),))
    written = tuple(section for section in sections if section.lines or section.notes)
    return Draft(written, _taken(shown, payer, ledger, alone), hidden)


def _holding(payer: Payer) -> Table | None:
    """The accounts table, as far as it is known."""
    return payer.balance.table if payer.balance else payer.path.table if payer.path else None


def _account(payer: Payer, ledger: Ledger | None) -> Line:
    """The account of a session: certain only if the table with the balance is known."""
    if payer.section or ledger or payer.account.is_open or payer.path is None:
        return payer.account
    found = [Candidate(str(payer.account.value), f"to {payer.path.table.as_sql}.{payer.path.key.as_sql}")]
    question = f"{WHOSE} Several may be of one owner, or none, as long as it is not known what holds the balance."
    return unknown("account", question, found)


def _accounts(evidence: Evidence, payer: Payer, ledger: Ledger | None, links: Sequence[JsonLink]) -> list[Section]:
    """``[accounts]``; left out only if there is a ledger, without a running balance, and no balance."""
    if payer.section:
        return [payer.section, *payer.extra]
    running = [table for table in evidence.tables if looks_like_books(table) and after_column(table)]
    holding = unlinked_balances(evidence)
    if ledger and not running and not holding:
        note = "[accounts] is left out: no column looks like a balance, so the balance is the sum of the ledger."
        return [Section("accounts", notes=(note,))]
    question = "Where is the balance? No column that a session leads to looks like one."
    if running:
        listed = ", ".join(f"{table.as_sql}.{column.as_sql}" for table in running if (column := after_column(table)))
        question += (
            f" It may be the newest {listed} of an owner: then a refund is a new row, written under the owner's lock, "
            "by a trigger on sweeper.refunds, and [accounts] is left out."
        )
    elif links or ledger:
        question += " It may be the sum of a ledger: then map [ledger] and leave [accounts] out."
    else:
        question += " When it is the sum of a ledger, map [ledger] and leave [accounts] out."
    near = payer.path if not holding else None
    holding = holding or plain_numbers(near)
    how = f"by {near.expression}, if one of its numbers is a balance" if near else "nothing links a session to it"
    tables = [Candidate(table.as_sql, how) for table in dict(holding)]
    keys = [Candidate(key.as_sql, f"of {table.as_sql}") for table in dict(holding) for key in table.keys]
    balances = [Candidate(column.as_sql, f"of {table.as_sql}") for table, column in holding]
    return [unknown_accounts(question, tables, keys, balances, *([_SERIALIZED] if running else []))]


_SERIALIZED = (
    "A balance that is read from the newest row, by a subquery, is compared only when every writer of the app locks "
    "the account's row first. If all of them do:\n  serialized = true"
)


def _taken(session: Session, payer: Payer, ledger: Ledger | None, alone: Ledger | None) -> dict[str, str]:
    status = session.status.column.as_sql if session.status.column else "not in a column"
    taken = {"sessions": session.table.as_sql, "status": status}
    taken |= {kind: ", ".join(listed) or "not known" for kind, listed in session.statuses.items()}
    if payer.section:
        values = {line.key: str(line.value) for line in payer.section.lines if not line.is_open}
        taken["accounts"] = values.get("table", "not known")
        taken["balance"] = values.get("balance", "not known")
    elif alone and payer.path:
        taken |= {"accounts": payer.path.table.as_sql, "balance": "the sum of the ledger"}
    taken["ledger"] = ledger.table.as_sql if ledger else "none found"
    return taken
