"""Whether the app records its refunds in a table that the file does not name."""

from collections.abc import Iterator

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.hooks import written_by_hooks
from sweeper.check.rehearsal.refund_traces import AMOUNT, find_rows
from sweeper.check.rehearsal.samples import GIVEN_BACK, Samples, is_number, is_owed, named, sampling
from sweeper.check.result import Check

# a table is the app's ledger of refunds if it has rows for this many of them, and for hardly anything else
_ENOUGH, _MOST, _FEW, _LOOKED_AT = 3, 0.5, 0.1, 300


def check_forgotten(context: CheckContext) -> Iterator[Check]:
    """Rows of the app's own refunds in a table that neither the file's ledger nor a trigger would write."""
    own = context.settings.sessions
    if own.exclude is None and own.charged is None:
        return  # the item `marks` looks for other traces
    with sampling(context) as samples:
        if _booked_by_hook(samples):
            return
        rows = samples.read("look_at_newest", samples.newest(running=False))
        refunded = [row.session_id for row in rows if row.excluded or (row.given_back and is_owed(row))][:_LOOKED_AT]
        which = "exclude is true of" if own.exclude else "have nothing left to give back"
        owed = [row.session_id for row in rows if row.unpaid and not row.given_back][:_LOOKED_AT]
        if len(refunded) < _ENOUGH:
            return
        found = find_rows(samples, refunded, GIVEN_BACK)
        others = find_rows(samples, owed, GIVEN_BACK) if found and owed else {}
    for where, (count, sample) in found.items():
        elsewhere = others.get(where, (0, ""))[0]
        if count >= max(_ENOUGH, len(refunded) * _MOST) and elsewhere <= len(owed) * _FEW:
            yield failure(
                "ledger",
                f"none is mapped, and the app has a row in {where} for {count} of the {len(refunded)} newest sessions "
                f"that {which}, such as {named([sample])}, and for {elsewhere} of the {len(owed)} that are "
                "not refunded: a refund would write none",
                "[ledger], with the row that the app's own refund code writes; or a trigger on sweeper's refunds that "
                "writes it",
            )
            return


def _booked_by_hook(samples: Samples) -> bool:
    """Whether a hook may write to what may be books: another table that has an amount."""
    mapping, own, written = samples.context.mapping, samples.context.settings.accounts, written_by_hooks(samples)
    if not written:
        return written is None
    known = {mapping.sessions.oid} | ({samples.reader.table("accounts.table", own.table).oid} if own else set())
    for row in samples.tables():
        if row.oid not in known and row.table_name.lower() in written:
            columns = samples.reader.table("table", row.as_sql).columns.values()
            if any(is_number(column) and AMOUNT.search(column.name) for column in columns):
                return True
    return False
