"""Ledgers that name the session inside JSON, without a column or a foreign key."""

from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.accounts.running_balances import looks_like_books
from sweeper.init.answers import Candidate
from sweeper.init.evidence import Column, Evidence, Table, expression, typed_link
from sweeper.init.ledger.row_kinds import kind_column
from sweeper.init.sessions.sessions import Session
from sweeper.postgres.templates import quote_text


@dataclass(frozen=True)
class JsonLink:
    """A key in a ledger's JSON whose values are ids of sessions, in ``rows`` of the rows that were read."""

    ledger: Table
    column: Column
    name: str
    rows: int
    refunds: str = ""

    @property
    def of_refund(self) -> bool:
        return bool(frozenset(words.words(self.name)) & words.REFUND)

    @property
    def tells_refunds(self) -> bool:
        """Whether it shows which sessions were refunded, by its name or by the kind of row."""
        return self.of_refund or bool(self.refunds)

    def refunded(self, session: Session) -> Candidate:
        """The condition that the app has refunded the session."""
        if self.of_refund:
            sql = self._over_rows(session, "linked_rows")
        else:
            sql = self._over_rows(session, "linked_kinds", refunds=self.refunds)
        return Candidate(sql, f"{self.rows} newest rows of {self.ledger.as_sql} name a session in {self.name}")

    def amount(self, session: Session) -> Candidate | None:
        amount = next((c for c in self.ledger.columns if c.is_number and c.words & words.DELTA), None)
        if amount is None:
            return None
        meaning = f"the sum of the rows that name it in {self.column.as_sql}; check their sign and their kind"
        return Candidate(self._over_rows(session, "linked_sum", amount=amount.as_sql), meaning)

    def _over_rows(self, session: Session, expression_name: str, **given: str) -> str:
        linked = {"key": session.key.as_sql, "name": quote_text(self.name), **given}
        return expression(expression_name, ledger=self.ledger, json=self.column, **linked)


def find_json_links(evidence: Evidence, session: Session) -> list[JsonLink]:
    """The links inside the JSON of all tables that look like a ledger."""
    found = []
    for table in evidence.tables:
        if table == session.table or not looks_like_books(table):
            continue
        for column in (one for one in table.columns if one.is_json):
            keys = evidence.rows(
                "draft_json_keys", table, json=f"s.{column.as_sql}", sessions=session.table, session_key=session.key,
                typed=typed_link("pair", session.key),
            )  # fmt: skip
            for name, rows, known in keys:
                if known == rows and _is_a_link(str(name), session):
                    found.append(JsonLink(table, column, str(name), int(rows), _refunds(evidence, table, column)))
    return found


def _refunds(evidence: Evidence, table: Table, json: Column) -> str:
    """Which rows are refunds, by the column for their kind; empty if no kind says so."""
    column, values = kind_column(evidence, table, json)
    kinds = [quote_text(value) for value in values if frozenset(words.words(value)) & words.REFUND]
    if column is None or not kinds:
        return ""
    return f"{column.as_sql} = {kinds[0]}" if len(kinds) == 1 else f"{column.as_sql} IN ({', '.join(kinds)})"


def _is_a_link(name: str, session: Session) -> bool:
    """Whether it is a link: serial numbers match by chance, so their key's name must mention the session."""
    said = frozenset(words.words(name))
    return not session.key.is_integer or bool(said & (session.table.words | words.REFUND | words.WORK))
