"""A draft as a commented ``sweeper.toml``: open questions marked, candidates with what each gives on real rows."""

import json
from collections.abc import Iterator, Sequence

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init.amounts import Candidate
from sweeper.init.drafting import Draft

_HEAD = """\
# A draft, made by `sweeper init` from the names, types, keys and a few rows of this database. Review every line.
# A value "?" is an open question: until you have answered it, sweeper refuses this file.
# Values are SQL column names, or SQL expressions over the session row, whose alias is s.
"""


def write(draft: Draft) -> str:
    """The text of the file."""
    parts = [_HEAD, *_sessions(draft), *_accounts(draft), *_POLICY, *_ledger(draft)]
    return "\n".join(parts) + "\n"


def open_questions(draft: Draft) -> list[str]:
    """The keys that the file leaves open."""
    found = {
        "sessions.started_at": draft.started_at,
        "sessions.amount": draft.amount,
        "sessions.failed_at": draft.failed_at,
    }
    keys = [] if draft.session.statuses["failed"] else ["sessions.failed"]
    if draft.account is None:
        keys.append("sessions.account")
    keys += [key for key, value in found.items() if value == OPEN_QUESTION]
    if draft.ledger:
        keys += ["ledger.where"] * (draft.ledger.where == OPEN_QUESTION)
        keys += [f"ledger.insert.{name}" for name, value in draft.ledger.insert.items() if value == OPEN_QUESTION]
    if not (draft.ledger or (draft.account and draft.account.balance)):
        keys += ["accounts.table", "accounts.id", "accounts.balance"]
    return keys


def toml(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, as TOML."""
    if not isinstance(value, str):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    plain = value.isprintable()
    if plain and '"' in value and "'" not in value:
        return f"'{value}'"
    if plain and '"' in value and "\\" not in value and '"""' not in value:
        return f'"""{value}"""' if not value.endswith('"') else f"'''{value}'''"
    return json.dumps(value, ensure_ascii=not plain)


def _line(key: str, value: str | Sequence[str], comment: str = "") -> str:
    marked = "   # " + comment if comment else ""
    return f"{_key(key):<10} = {toml(value)}{marked}"


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else toml(name)


def _sessions(draft: Draft) -> Iterator[str]:
    session, statuses = draft.session, draft.session.statuses
    yield "[sessions]"
    yield from _other("sessions", draft)
    yield _line("table", session.table.as_sql)
    yield _line("id", session.key.as_sql)
    yield _line("account", draft.account.expression if draft.account else OPEN_QUESTION)
    yield _line("status", session.status.as_sql)
    if not statuses["failed"]:
        yield "# QUESTION: no value of the status is known. Which mean that the work failed, is going on, succeeded?"
    yield _line("failed", statuses["failed"] or [OPEN_QUESTION], "closing a stuck session writes the first of these")
    yield _line("running", statuses["running"])
    yield _line("succeeded", statuses["succeeded"])
    if session.unsorted:
        yield f"# In no list, and never refunded: {_comment(', '.join(session.unsorted))}. Put each where it belongs:"
        yield "# `failed` when its charge is to be given back, `succeeded` when not."
    if draft.started_at == OPEN_QUESTION:
        times = ", ".join(column.as_sql for column in session.table.columns if column.is_time)
        yield "# QUESTION: when was the charge taken?" + (f" Candidates: {_comment(times)}" if times else "")
    yield _line("started_at", draft.started_at, "when the charge was taken")
    if draft.active_at:
        yield _line("active_at", draft.active_at.as_sql, "last sign of life; stuck_after counts from it")
    else:
        yield "# active_at: last sign of life, such as a heartbeat. Nothing here looks like one: stuck_after counts"
        yield "# from started_at, so it must be longer than the longest session ever takes."
    yield from _question("When did a session fail? grace counts from it.", draft.failed_at, draft.failed_ats)
    yield _line("failed_at", draft.failed_at)
    if draft.ended_at:
        yield _line("ended_at", draft.ended_at.as_sql)
    if draft.error:
        yield _line("error", draft.error.as_sql)
    yield from _question(
        "What is owed when a session failed? The charge, less what was delivered; a stored charge is better than a "
        "rule.", draft.amount, draft.amounts,
    )  # fmt: skip
    yield _line("amount", draft.amount)
    if draft.exclude:
        yield _line("exclude", draft.exclude, "these look refunded by the app itself: never refund them again")
    else:
        yield "# exclude: what is true of a session that the app has refunded itself, if it marks it. Without such a"
        yield "# mark, and without [ledger], its own refunds cannot be known, and would be paid again."
    if draft.zoneless:
        yield _line("timezone", "UTC", "how columns without a time zone are read")
    yield ""


def _question(question: str, answer: str, candidates: Sequence[Candidate]) -> Iterator[str]:
    if answer == OPEN_QUESTION:
        yield f"# QUESTION: {question}" + (" Candidates:" if candidates else "")
        for candidate in candidates:
            yield f"#   {toml(candidate.sql)}   {candidate.meaning}{_comment(describe(candidate))}"


def describe(candidate: Candidate) -> str:
    """What a candidate gives on real rows."""
    if not candidate.looked_at:
        return "; no failed session to try it on"
    shown = ", ".join(f"{key}: {'null' if value is None else value}" for key, value in candidate.examples)
    nulls = f"; null on {candidate.nulls} of {candidate.looked_at}" if candidate.nulls else ""
    return f"; {shown}{nulls}"


def _accounts(draft: Draft) -> Iterator[str]:
    account = draft.account
    if account is None or account.balance is None:
        if draft.ledger:
            yield "# [accounts] is left out: no column looks like a balance, so the balance is the sum of the ledger."
        else:
            yield "[accounts]"
            yield "# QUESTION: where is the balance? Or add [ledger], when the balance is the sum of a ledger."
            for key in ("table", "id", "balance"):
                yield _line(key, OPEN_QUESTION)
        yield ""
        return
    yield "[accounts]"
    yield from _other("accounts", draft)
    yield _line("table", account.table.as_sql)
    yield _line("id", account.key.as_sql)
    yield _line("balance", account.balance.as_sql, "goes up by the amount")
    if draft.spent:
        yield _line("spent", draft.spent.as_sql, "goes down by it; take it out when it must not")
    if draft.touched:
        yield _line("updated_at", draft.touched.as_sql)
    if draft.invariant:
        yield _line("invariant", draft.invariant, "true of every account that was looked at")
    yield ""


_POLICY = """\
[policy]
stuck_after = "1h"      # time without a sign of life that makes a running session stuck
grace       = "15m"     # how long a failed session is left to the app's own refunds
# since     = 2026-01-01T00:00:00Z   # the floor; without it, the moment of `sweeper install`
# max_credits = 100000  # in any 24 hours, over all runs; unlimited unless set
# max_amount  = 1000    # per refund: above it the session is held; unlimited unless set

# [[reasons]]           # the first whose pattern (LIKE) fits the error text; else it is a workflow_failure
# code  = "queue_failure"
# error = "Failed to queue%"
""".splitlines()


def _ledger(draft: Draft) -> Iterator[str]:
    ledger = draft.ledger
    if ledger is None:
        return
    yield ""
    yield "[ledger]"
    yield from _other("ledger", draft)
    yield _line("table", ledger.table.as_sql)
    yield _line("session", ledger.session.as_sql)
    if ledger.where == OPEN_QUESTION:
        yield "# QUESTION: which of its rows are refunds of a session?"
    yield _line("where", ledger.where, "which of its rows are refunds")
    yield ""
    yield "[ledger.insert]   # the row of a refund: column = SQL over the refund"
    for name, value in ledger.insert.items():
        if value == OPEN_QUESTION:
            yield f"# QUESTION: what does {_comment(name)} hold in the row of a refund?"
        yield _line(name, value)


def _other(section: str, draft: Draft) -> Iterator[str]:
    if draft.others[section]:
        yield f"# Not taken, also possible: {_comment(', '.join(draft.others[section][:5]))}"


def _comment(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
