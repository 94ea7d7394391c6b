"""The sections of the file about the ledger: certain if each refund names one session, else questions."""

from collections.abc import Iterator

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init.accounts.accounts import Payer
from sweeper.init.accounts.balances import Balance
from sweeper.init.accounts.running_balances import after_column, find_running_balances
from sweeper.init.answers import Candidate, Chooser, Line, Section, asked, unknown
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.ledger.ledger import Ledger, compare_rows
from sweeper.init.ledger.refund_rows import insert_lines, note_value, reverse_lines, texts_of
from sweeper.init.ledger.row_kinds import code_columns, says_kind, says_what
from sweeper.init.sessions.sessions import Session
from sweeper.postgres.templates import quote_text

_NET = (
    "the net recipe: `amount` is what all rows of the session come to but ours, and `where` our own mark, so that the "
    "unique index covers our rows alone"
)

_SILENT = (
    "Does the app write its refunds there, as rows of their own? Nothing in it distinguishes refunds from charges. If "
    "its rows only say what was taken, remove [ledger] and its parts, and map sessions.exclude to what is true of a "
    "session that the app has refunded."
)


def ledger_sections(
    evidence: Evidence, session: Session, ledgers: list[Ledger], payer: Payer, chooser: Chooser
) -> list[Section]:
    """``[ledger]``, ``[ledger.insert]``, and ``[ledger.reverse]`` as a proposal for the user."""
    ledger = ledgers[0]
    mixed = ledger.refunds != "true"  # a table of refunds alone has fewer rows
    alike = [one for one in ledgers[1:] if one.score >= ledger.score - 1 or (mixed and one.named > ledger.named)]
    rivals = [other for other in alike if other.named or not ledger.named]
    table, link = Line("table", ledger.table.as_sql), Line("session", ledger.link.column.as_sql)
    if rivals:
        found = [Candidate(one.table.as_sql, f"by {one.link.column.as_sql}") for one in (ledger, *rivals)]
        table = asked(chooser, "table", "Several tables look like the ledger of refunds. Which is it?", found)
        link = unknown("session", "By which of its columns does a row name the session?")
    elif ledger.is_silent:
        table = unknown("table", _SILENT, [Candidate(ledger.table.as_sql, f"by {ledger.link.column.as_sql}")])
    if not ledger.linked:
        link = _ask_link(session, ledger)
    elif ledger.doubts:
        plain = Candidate(ledger.link.column.as_sql, "where each refund names its session there")
        link = unknown("session", "By what does a row name its session? `where` below decides it, too.", [plain])
    sure = ledger.refunds is not None and len(ledger.refund_kinds) < 2 and not ledger.wider
    sure = sure and not ledger.doubts and not rivals and ledger.linked
    numbered = _by_number(evidence, session, ledger)
    sure = sure and not numbered
    where = Line("where", ledger.where, "which of its rows are refunds")
    where = where if sure else _ask_where(ledger, numbered, _unnamed(evidence, session, ledger), chooser)
    rest = ", ".join(other.table.as_sql for other in ledgers[1:] if other not in rivals)
    notes = [f"Not taken, also possible: {rest}"] if rest else []
    if ledger.link.column.is_unique and ledger.link.column.not_null:
        notes.append(
            "No row can take a refund back there: for `sweeper revert`, a trigger on sweeper's reversals marks it"
        )
    known = _known(evidence, ledger, payer.balance)
    refunds = ledger.where if ledger.refunds else None
    lines = insert_lines(
        evidence, ledger.table, known, payer.path, session, refunds, ledger.link.column,
        is_known=not payer.account.is_open,
    )  # fmt: skip
    comment = "the row of a refund: column = SQL over the refund"
    codes = code_columns(ledger.table, ledger.link.column)
    kinds = [column for column in (ledger.kind, *codes) if column]
    back = reverse_lines(ledger.table, lines, ledger.amount, kinds, ledger.link.column)
    by_net = ledger.doubts and not ledger.nameless
    past = [Line("where", ledger.where, proposed=True)] if by_net and ledger.refunds else []
    return [
        Section("ledger", (table, link, where), tuple(notes)),
        Section("ledger.past", tuple(past), comment="with the net recipe: the refunds that the app wrote itself"),
        Section("ledger.insert", tuple(lines), comment=comment),
        Section(
            "ledger.reverse",
            tuple(back),
            comment="the row that takes a refund back, for `sweeper revert`; `where` must not count it",
        ),
    ]


def _known(evidence: Evidence, ledger: Ledger, balance: Balance | None) -> dict[str, str]:
    """The values of the columns of a refund's row, as far as the rows show them."""
    known = dict(ledger.known)
    if not ledger.linked or ledger.doubts:
        known[ledger.link.column.name] = OPEN_QUESTION
        if ledger.link.of_sessions:
            known[ledger.link.of_sessions[0].name] = OPEN_QUESTION
    if not ledger.names_sessions:  # refunds of something else do not show the sign or the kind of ours
        known[ledger.amount.name] = OPEN_QUESTION
        known |= {ledger.kind.name: OPEN_QUESTION} if ledger.kind else {}
    after = after_column(ledger.table)
    if after:
        known[after.name] = _after(evidence, ledger.table, balance)
    before = next((c for c in ledger.table.columns if c.is_number and "before" in c.words), None)
    if before and after:
        known[before.name] = "balance_before" if known[after.name] == "balance_after" else OPEN_QUESTION
    for name, value in _notes(evidence, ledger).items():
        known.setdefault(name, value)
    for column in _kinds_beside(ledger):  # the type of the reference, under whatever name
        values = texts_of(evidence, ledger.table, column, ledger.where if ledger.refunds else "true")
        sure = len(values) == 1 and ledger.refunds
        known.setdefault(column.name, _literal(column, values[0]) if sure else OPEN_QUESTION)
    states = texts_of(evidence, ledger.table, ledger.state, ledger.where) if ledger.state and ledger.refunds else []
    if ledger.state and states:  # its default, such as 'pending', may be another
        known.setdefault(ledger.state.name, quote_text(states[0]) if len(states) == 1 else OPEN_QUESTION)
    for column in code_columns(ledger.table, ledger.link.column):  # their default would give a refund another kind
        known.setdefault(column.name, _code(evidence, ledger, column))
    return known


def _notes(evidence: Evidence, ledger: Ledger) -> dict[str, str]:
    """The texts for customers in each refund of the app, and the columns that it leaves empty."""
    refunds = ledger.refunds
    if refunds is None:
        return {}
    noted = ((c.name, note_value(evidence, ledger.table, c, refunds, ledger.amount)) for c in ledger.table.columns)
    return {name: value for name, value in noted if value is not None}


def _kinds_beside(ledger: Ledger) -> list[Column]:
    """The type beside a reference, if none of its values is known to mean a session."""
    link = ledger.link
    if link.of_sessions or not link.kinds:
        return []
    return [
        c
        for c in ledger.table.columns
        if (c.is_text or c.is_integer)
        and c.words & {"type", "kind", "model"}
        and (says_what(c, link.column) or "content" in c.words)
    ]


def _literal(column: Column, value: str) -> str:
    return value if column.is_integer else quote_text(value)


def _code(evidence: Evidence, ledger: Ledger, column: Column) -> str:
    """The number that all refunds of sessions have there; an open question if there is not exactly one."""
    if ledger.refunds is None:
        return OPEN_QUESTION
    values = texts_of(evidence, ledger.table, column, f"({ledger.where}) AND {ledger.link.column.as_sql} IS NOT NULL")
    return values[0] if len(values) == 1 else OPEN_QUESTION


def _ask_link(session: Session, ledger: Ledger) -> Line:
    """The column sounds like a session but has no session ids: another column of the session may be meant."""
    others = [c for c in session.table.columns if c.is_unique and c != session.key]
    found = [Candidate(ledger.link.column.as_sql, f"if it has {column.as_sql} of the session") for column in others]
    question = f"{ledger.link.column.as_sql} has no {session.key.as_sql} of a session. How does a row name the session?"
    if others:
        question += f" If by another key, map sessions.id to that: {', '.join(column.as_sql for column in others)}."
    return unknown("session", question, found)


def _by_number(evidence: Evidence, session: Session, ledger: Ledger) -> list[Candidate]:
    """The kind of refunds as a number, for a ledger in which only the sign shows a refund.

    Where not even the sign shows it, all numbers.
    """
    codes = code_columns(ledger.table, ledger.link.column)
    if ledger.kind or ledger.refunds == "true":
        return []
    if ledger.refunds is None:
        return [candidate for code in codes for candidate, _ in _each_kind(evidence, session, ledger, code)]
    found = [(code, value) for code in codes if (value := _code(evidence, ledger, code)) != OPEN_QUESTION]
    meaning = "the number that all rows have which name a session and go up"
    return [
        *(Candidate(f"{code.as_sql} = {value}", meaning) for code, value in found),
        *(
            Candidate(ledger.where, "by the sign alone: also rows that are not refunds, if they name a session")
            for _ in codes[:1]
        ),
    ]


def _each_kind(evidence: Evidence, session: Session, ledger: Ledger, kind: Column) -> Iterator[tuple[Candidate, int]]:
    """Each kind that rows have, and how many of those rows name a session."""
    for value, _ in evidence.rows("sample_values", ledger.table, column=kind):
        sql = f"{kind.as_sql} = {_literal(kind, str(value))}{ledger.link.also}"
        rows, known, _ = compare_rows(evidence, session, ledger, sql) or (0, 0, 0)
        yield Candidate(sql, f"{known} of the {rows} newest of these rows name a session"), known


def _unnamed(evidence: Evidence, session: Session, ledger: Ledger) -> list[Candidate]:
    """Where no kind of rows is called a refund, each that names sessions and is no charge; else a kind of our own."""
    if ledger.refunds is not None:
        return []
    charges = {charge.condition for charge in ledger.charges}
    found = [
        one
        for column in ([ledger.kind] if ledger.kind else says_kind(ledger.table))
        for one, known in _each_kind(evidence, session, ledger, column)
        if known and one.sql not in charges
    ]
    kind = ledger.kind
    if found or kind is None or not kind.is_text or kind.literals:
        return found
    values = [str(value) for value, _ in evidence.rows("sample_values", ledger.table, column=kind)]
    word = "'REFUND'" if values and all(value.isupper() for value in values) else "'refund'"
    meaning = f'no row has it yet: then [ledger.insert] {kind.as_sql} = "{word}"; if the app has its own word, that'
    return [Candidate(f"{kind.as_sql} = {word}{ledger.link.also}", meaning)]


def _ask_where(ledger: Ledger, numbered: list[Candidate], unnamed: list[Candidate], chooser: Chooser) -> Line:
    question = "Which of its rows are refunds of a session, one a session?"
    if numbered:
        question += " A number says what each row is, and which number is a refund, only the app knows."
    if len(ledger.refund_kinds) > 1:
        question += f" Several kinds sound like one: {', '.join(ledger.refund_kinds)}."
    if ledger.wider:
        question += f" Rows of other kinds give credits to sessions, too: {', '.join(ledger.also_up)}."
    question += "".join(f" But {doubt}." for doubt in ledger.doubts)
    if ledger.nameless:
        question += " No condition shows which session such rows are of: sessions.exclude must."
    elif ledger.doubts:
        question += f" Then use {_NET}."
    found = [] if ledger.refunds is None else [Candidate(ledger.where, "all that look like refunds of a session")]
    if ledger.wider:
        found += [Candidate(f"{ledger.wider}{ledger.link.also}", "with those that go up, as refunds do")]
    found = numbered or found
    if ledger.refunds is None and ledger.let_go:
        found = [Candidate(ledger.let_go, "by their name they release what was taken")]
    found = found or unnamed
    if ledger.doubts and ledger.mark and not ledger.nameless:
        found = [Candidate(ledger.mark, "a mark of our own, which [ledger.insert] writes: the net recipe"), *found]
    if not found:
        return unknown("where", question)
    return asked(chooser, "where", question, found)


def _after(evidence: Evidence, table: Table, balance: Balance | None) -> str:
    """``balance_after``, if the newest rows show that the column is the account's balance."""
    if balance is None:
        return OPEN_QUESTION
    for column in [balance.column] if balance.column else balance.numbers.balances:
        for running in find_running_balances(evidence, balance.table, column):
            if running.ledger == table and running.is_the_balance:
                return "balance_after"
    return OPEN_QUESTION
