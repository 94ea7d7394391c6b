"""How the app marks a session that it refunded, and what our refunds must write there, too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.answers import Candidate, Chooser, Line, Section, asked, try_all, unknown
from sweeper.init.evidence import Column, Evidence
from sweeper.init.ledger.json_links import JsonLink
from sweeper.init.ledger.ledger import Ledger
from sweeper.init.sessions.sessions import Session
from sweeper.init.values import is_ever
from sweeper.postgres.templates import quote_text

_QUESTION = "What is true of a session that the app has refunded itself, or that is not to be refunded?"
_NO_MARK = (
    "exclude: what is true of a session that the app has refunded itself, if it marks it. Without such a mark, and "
    "without [ledger], its own refunds cannot be known, and would be paid again."
)
_NOT_YET = "by its name; no row has it yet: make sure that each of the app's own refunds sets it"
_LET_GO = frozenset({"released", "returned", "restored", "reversed"})
_CHARGED = frozenset({"charged", "billed", "deducted", "debited", "paid", "captured"})
_GIVEN = {"given", "gave", "give", "credited", "credit", "paid", "money", "handed"}


@dataclass(frozen=True)
class Mark:
    """A condition that is true of refunded sessions, and what our refunds write to make it true."""

    condition: str
    column: Column
    value: str
    proposed: bool = False
    question: str = ""


def find_exclude(
    evidence: Evidence, session: Session, ledger: Ledger | None, links: Sequence[JsonLink], chooser: Chooser
) -> tuple[list[Line], list[Section], list[str]]:
    """The line ``exclude``, ``[sessions.refunded]``, and notes if there is nothing to write."""
    marks = list(_marks(session))
    used = {mark for mark in marks if is_ever(evidence, session.table, mark.condition)}
    marks.sort(key=lambda mark: mark not in used)
    said = [] if used else list(_marked_by_text(evidence, session))
    are_rivals = bool(marks and said)
    marks += said
    given_back = marks[0].condition if marks else None
    refunded = _refunded(marks)
    results = list(_results(evidence, session))
    linked = [link.refunded(session) for link in links if link.tells_refunds] if not used and not said else []
    unsure = [mark for mark in marks if mark.question]
    unseen = ledger.nameless if ledger and not used and not said else ""
    if not (results or linked or unsure or are_rivals or unseen):
        if given_back is None:
            return [], refunded, [] if ledger and not ledger.is_silent else [_NO_MARK]
        comment = "these look refunded by the app itself: never refund them again" if used or said else _NOT_YET
        return [Line("exclude", given_back, comment)], refunded, []
    found = [Candidate(mark.condition, "how the app marks its refunds") for mark in marks]
    found += linked
    question = _QUESTION
    for column in results:
        question += f" {column.as_sql} is set on failed sessions, too: were they delivered first?"
        delivered = f"{column.as_sql} IS NOT NULL"
        both = f"{given_back} OR {delivered}" if given_back else delivered
        found.append(Candidate(both, "what was delivered is not owed, either"))
    question += "".join(f" {mark.question}" for mark in unsure)
    if unseen:
        question += f" {unseen}: if they are of sessions, [ledger] does not see them, and they would be paid again."
        found.append(Candidate("false", "if those rows are refunds of something else, such as purchases"))
    found = try_all(evidence, session.table, session.failed_condition, found)
    return [asked(chooser, "exclude", question, found)], refunded, []


_TAKEN_BACK = {"true": "false", "at": "NULL"}


def _marks(session: Session) -> Iterator[Mark]:
    """Columns that mark a refund: a flag, a time, a link to the refund, a number of credits; flags first."""
    found = []
    for column in session.table.columns:
        said = column.words
        given_back = "back" in said and bool(said & _GIVEN)
        given_back |= bool(said & _LET_GO and said & (words.CREDITS | {"second", "minute", "slot"}))
        if not (said & (words.REFUND - {"restored"}) or given_back) or column.generated:
            continue
        if said & {"refundable", "request", "requested", "reason", "policy"}:
            continue
        name = column.as_sql
        if column.is_flag:
            found.append((0, Mark(name, column, "true")))
        elif column.is_time:
            found.append((1, Mark(f"{name} IS NOT NULL", column, "at")))
        elif column.is_number and "id" not in said and not said & {"count", "entry", "transaction", "transfer"}:
            why = f"{name} is a number: is a part that was given back to be taken off `amount` instead?"
            found.append((3, Mark(f"{name} > 0", column, "amount", question=why)))
        elif column.category == "E" or "status" in said or "state" in said:
            why = f"{name} is a status of its own: which of its values say it?"
            found.append((4, Mark(f"{name} IS NOT NULL", column, OPEN_QUESTION, question=why)))
        else:
            found.append((2, Mark(f"{name} IS NOT NULL", column, OPEN_QUESTION)))
    found = found or [(5, mark) for mark in _charge_flags(session)]
    yield from (mark for _, mark in sorted(found, key=lambda ranked: ranked[0]))


def _charge_flags(session: Session) -> Iterator[Mark]:
    """Flags for a charge, which the app may clear when it refunds."""
    for column in session.table.columns:
        if column.is_flag and column.words & _CHARGED and not column.generated:
            name = column.as_sql
            why = f"{name} says that a session was charged: does the app's refund set it to false?"
            yield Mark(f"NOT {name}", column, "false", question=why)


def _marked_by_text(evidence: Evidence, session: Session) -> Iterator[Mark]:
    """A recurring text that says that the credits were refunded."""
    status = session.status.column
    failed = ", ".join(quote_text(value) for value in session.statuses["failed"])
    for column in session.table.columns:
        if not column.is_text or not failed or status is None or column == status or column.is_unique:
            continue
        recurring = evidence.rows("sample_marks", session.table, column=column, status=status, failed=failed)
        texts = [str(value) for value, _ in recurring]
        if len(texts) == 1:
            text = quote_text(texts[0])
            yield Mark(f"{column.as_sql} = {text}", column, text, proposed=True)
            return


def _refunded(marks: Sequence[Mark]) -> list[Section]:
    """What our refunds write to the session, so that the app's own job does not pay it again."""
    lines = []
    for mark in marks:
        if mark.value == OPEN_QUESTION or mark.question:
            question = (
                f"What does the app write to {mark.column.as_sql} when it refunds? When a trigger on sweeper.refunds "
                "writes it, remove the line."
            )
            found = [Candidate("amount", "what is given back")] if mark.column.is_number else []
            lines.append(unknown(mark.column.as_sql, question, found))
        else:
            lines.append(Line(mark.column.as_sql, mark.value, proposed=mark.proposed))
    comment = "what the app's own refund job looks at: without it, it may pay again"
    back = [Line(line.key, _TAKEN_BACK[str(line.value)], proposed=True) for line in lines if line.value in _TAKEN_BACK]
    return [
        Section("sessions.refunded", tuple(lines), comment=comment),
        Section("sessions.reversed", tuple(back), comment="when a refund is taken back; else `exclude` stays true"),
    ]


def _results(evidence: Evidence, session: Session) -> Iterator[Column]:
    """Columns of a result that failed sessions also have."""
    failed = session.condition("failed")
    for column in session.table.columns:
        result = column.words & {"result", "output", "delivered", "delivery", "artifact", "download"}
        where = column.words & {"url", "urls", "uri", "path", "key", "file", "at", "id", "image", "video", "data"}
        if not failed or not result or not (where or column.words == result) or column.words & words.ERROR:
            continue
        if column.not_null or column.is_number:
            continue
        _, delivered = count_failures(evidence, session, f"{column.as_sql} IS NOT NULL", failed)
        if delivered:
            yield column


def count_failures(evidence: Evidence, session: Session, condition: str, failed: str) -> tuple[int, ...]:
    """How many of the newest and the oldest failures there are, and for how many the condition is true."""
    return evidence.counts("draft_marked_failures", session.table, condition=condition, failed=failed) or (0, 0)
