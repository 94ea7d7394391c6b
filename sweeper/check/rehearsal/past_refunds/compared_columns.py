"""Which columns of the app's own refunds are compared with what ``[ledger.insert]`` would write there."""

import re
from dataclasses import dataclass

from sweeper.app.catalog import JSON_TYPES, Column, has_subquery
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.ledger.kinds_of_ledgers import LEFT
from sweeper.check.rehearsal.samples import Samples, marks_in
from sweeper.check.rehearsal.words import UNDONE
from sweeper.config.model import LedgerSection

# values that are different in every refund: no row of the app has the same
_OWN = {"at", "refund_id", "run_id", "reason", "detail", "layer", "balance_before", "balance_after"}
_VOLATILE = re.compile(
    r"\b(gen_random_uuid|uuid\w*|random|now|clock_timestamp|nextval|current_timestamp)\b", re.IGNORECASE
)
# the next number of an account's rows, which is another one for each row
_NEXT = re.compile(r"\b(max|count)\s*\([^()]*\)[^()]*\)?\s*\+\s*1\b", re.IGNORECASE)
# a column by which an app looks for rows; the id of a row may name the session as well, and no code may look for it
_KEY = re.compile(r"key|idempot|dedup|ref(?!und)|extern|nonce|request_?id", re.IGNORECASE)
_LITERAL = re.compile(r"\s*'(?:[^']|'')*'(::\s*\"?[\w.\"]+)?\s*")
_NEGATED = re.compile(r"\bnot\b|\bis\s+null\b|<>|!=", re.IGNORECASE)
_CONSTANT = re.compile(r"\(?-?[\d.]+\)?(::[\w ]+)?|true|false|'(?:[^']|'')*'(::[\w. \"]+)?")
# a column whose text says how far a refund has come, and texts of one that is not paid yet
STATE = re.compile(r"(^|_)(status|state|phase|stage)$|(Status|State|Phase|Stage)$")
_NOT_PAID_YET = re.compile(
    r"pending|requested|open|new|queued|processing|submitted|in[_ -]?review|awaiting.*|waiting|draft|todo|scheduled",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ComparedColumn:
    """A column of the ledger with the value that is written to it.

    ``meaning`` is amount, account, default, text, state, key, json or empty: of JSON that may have the amount, only
    the numbers are compared.
    """

    column: Column
    value: str
    meaning: str

    @property
    def not_paid_yet(self) -> bool:
        """Whether the value is a state, by its column, of a refund that something pays later."""
        text = re.match(r"\s*'([^']*)'", self.value)
        return bool(text and STATE.search(self.column.name) and _NOT_PAID_YET.fullmatch(text[1]))


def compared_columns(samples: Samples, ledger: AppLedger) -> tuple[list[ComparedColumn], list[Column]]:
    """The columns to compare, and those that the file leaves empty although they have no default."""
    settings, compared = ledger.section, list[ComparedColumn]()
    readable = samples.readable(ledger.table)
    if settings.past is not None and settings.past.amount is not None:  # rows of another kind, such as undone charges
        return compared, []
    attempt = ledger.table.column(settings.attempt or "")  # only rows of the session's own are compared
    for column, value in ledger.values.items():
        if column not in readable or column == attempt:
            continue
        is_mark = _is_our_mark(settings, column, value)
        meaning = _meaning_of_mark(column, value) if is_mark else _meaning(column, value)
        if not meaning and marks_in(samples.own, value):
            continue  # a refund sets what it reads, and the app may have done so after it wrote its row
        if meaning in ("amount", "account") and meaning in [one.meaning for one in compared]:
            # beside the net recipe, the amount is what is left of it
            is_kept = settings.past is None and not LEFT.search(column.name)  # later charges use up what is left
            meaning = "" if meaning == "account" or is_kept else None
        if meaning is not None:
            compared.append(ComparedColumn(column, value, meaning))
    filled = samples.defaults(ledger.table)
    others = [column for column in readable if column not in ledger.values]
    for column in others:  # such as the kind of a row, whose default may be a purchase
        default = filled.get(column.name)
        if default and _CONSTANT.fullmatch(default):
            compared.append(ComparedColumn(column, default, "default"))
    # rows may be deleted later, such as those of an account that is closed
    others = [one for one in others if not (one.nullable and UNDONE.search(one.name))]
    return compared, [column for column in others if column.name not in filled and not column.generated]


def _meaning(column: Column, value: str) -> str | None:
    """What a value says of a refund; None where the app's own refunds have another one in any case."""
    names = names_in(value)
    if (
        column.base_type in JSON_TYPES
        and not _VOLATILE.search(value)
        and (names & _OWN or "amount" in names or _LITERAL.fullmatch(value))
    ):
        return "json"
    if column.is_number and _NEXT.search(value):
        return None
    if names & _OWN or _VOLATILE.search(value):  # the app may find its refunds by a key of the session's
        return "key" if _KEY.search(column.name) and "session_id" not in names else None
    if "amount" in names:
        return "amount" if column.is_number and not has_subquery(value) else None
    if _LITERAL.fullmatch(value):  # the file may choose other texts, but not another direction of the credits
        return ("state" if STATE.search(column.name) else "text") if column.is_word else None
    return "account" if "account_id" in names and not has_subquery(value) else ""


def _meaning_of_mark(column: Column, value: str) -> str | None:
    """What a value says besides that a refund is ours: other keys of JSON may be those of the app's own refunds."""
    return "json" if column.base_type in JSON_TYPES and not _VOLATILE.search(value) else None


def _is_our_mark(settings: LedgerSection, column: Column, value: str) -> bool:
    """Whether a column says that a row is ours, while the app's own rows are recognized by something else."""
    if settings.past is None:
        return False
    ours, theirs = f"{settings.where} {settings.session}", settings.past.where
    # a key of JSON may be the mark, which the app's rows are without; so may a text with the session's id
    # or a flag
    has_mark = column.is_flag or "session_id" in names_in(value)
    is_part = column.base_type in JSON_TYPES or (has_mark and _NEGATED.search(theirs or ""))
    theirs = "" if is_part else theirs
    return column.name in re.findall(r"\w+", ours) and column.name not in re.findall(r"\w+", theirs or "")
