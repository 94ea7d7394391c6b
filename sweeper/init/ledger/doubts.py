"""Evidence in a ledger that a session may not have exactly one refund row that names it."""

from sweeper.init import words
from sweeper.init.accounts.balances import Balance
from sweeper.init.evidence import Evidence, typed_link
from sweeper.init.ledger.ledger import Ledger, compare_rows
from sweeper.init.sessions.sessions import Session


def find_doubts(evidence: Evidence, session: Session, ledger: Ledger, balance: Balance | None) -> tuple[str, ...]:
    """Why there may not be exactly one refund row for each session, each with its id."""
    if ledger.refunds is None:
        return ()
    doubts = _of_links(evidence, session, ledger)
    if doubts is None:
        return (f"the refund rows of {ledger.table.as_sql} could not be compared with the sessions",)
    return (*doubts, *_of_first_tries(evidence, session, ledger), *_of_pools(ledger, balance))


def find_nameless(evidence: Evidence, session: Session, ledger: Ledger) -> str:
    """How many refund rows have nothing where others name their session; empty if none, or if the sign alone tells.

    Those that name something else, in another link or by a number in a text, are of that.
    """
    if ledger.refunds is None or (ledger.kind is None and ledger.refunds != "true"):
        return ""
    column = ledger.link.column.as_sql
    others = [one for one in ledger.table.columns if one not in (ledger.link.column, ledger.table.key)
              and not one.words & words.OWNER]  # fmt: skip
    links = [f"s.{one.as_sql} IS NULL" for one in others if "id" in one.words and not one.not_null]
    texts = [rf"(s.{one.as_sql}::text ~ '\d') IS NOT TRUE" for one in others if one.is_text or one.is_json]
    nameless = " AND ".join([f"({ledger.refunds})", f"s.{column} IS NULL", *links, *texts])
    looked = compare_rows(evidence, session, ledger, nameless)
    if not looked or not looked[0]:
        return ""
    return f"{looked[0]} refund rows of {ledger.table.as_sql} have nothing in {column}"


def _of_links(evidence: Evidence, session: Session, ledger: Ledger) -> list[str] | None:
    """Refunds that name no session, something else, or one that others name, too; None if nothing shows that."""
    table, link, column = ledger.table, ledger.link, ledger.link.column.as_sql
    by_sign = ledger.kind is None and ledger.refunds != "true"
    # what goes up and is about something else is a purchase
    refunds = f"{ledger.where} AND s.{column} IS NOT NULL" if by_sign else ledger.refunds or "true"
    looked = compare_rows(evidence, session, ledger, refunds)
    if not looked:
        return None
    rows, known, most = looked
    doubts = []
    if known < rows:
        kinds = f" (it has {', '.join(link.kinds)})" if len(link.kinds) > 1 else ""
        doubts.append(
            f"{rows - known} of {rows} refund rows of {table.as_sql} name no session in {column}{kinds}: those would "
            "not be seen, and be paid again"
        )
    elif link.condition:  # ids of other things may also be those of sessions
        of_sessions, _, most = compare_rows(evidence, session, ledger, f"{refunds} AND {link.condition}") or looked
        if of_sessions < rows:
            doubts.append(
                f"{rows - of_sessions} of {rows} refund rows are about something else than {link.condition}: where "
                "that is done for a session, they would not be seen, and be paid again"
            )
    if len(link.kinds) > 1 and link.of_sessions is None:
        doubts.append(f"{column} is about several kinds of things, and which are sessions is not known: "
                      f"{', '.join(link.kinds)}")  # fmt: skip
    if ledger.state:
        doubts.append(f"its rows have {ledger.state.as_sql}: not each of them may have been paid")
    if most > 1:
        doubts.append(f"a session has up to {most} refund rows there: refunds come in parts, or a row a pool")
    return doubts


def _of_pools(ledger: Ledger, balance: Balance | None) -> list[str]:
    """A text that tells pools apart."""
    pools = {
        word for column in (balance.numbers.moving + balance.numbers.others if balance else ()) for word in column.words
    }
    found = []
    for column in ledger.table.columns:
        if column == ledger.kind or not (column.is_text or column.category == "E") or column.is_unique:
            continue
        if len({value.lower() for value in (*column.labels, *column.literals)} & pools) > 1:
            found.append(f"{column.as_sql} distinguishes pools: a refund may have a row for each")
    return found


def _of_first_tries(evidence: Evidence, session: Session, ledger: Ledger) -> list[str]:
    """Refunds of sessions that others refer to: with several attempts, the first may name all of them."""
    found = []
    for reference in evidence.references(session.table):
        if reference.target != session.table or reference.target_column != session.key:
            continue
        (rows,) = evidence.counts(
            "draft_retried", ledger.table, session=ledger.link.column, sessions=session.table, parent=reference.column,
            typed=typed_link("line", session.key), refunds=ledger.refunds or "true",
        ) or (0,)  # fmt: skip
        if rows:
            found.append(f"{rows} refund rows name a session that others refer to by {reference.column.as_sql}: "
                         "they may be about those, and what those cost may be booked there, too")  # fmt: skip
    return found
