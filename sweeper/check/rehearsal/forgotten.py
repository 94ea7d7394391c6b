"""Whether the app books what it refunds in a table that the file does not name."""

from collections.abc import Iterator

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.samples import GIVEN_BACK, is_owed, named, sampling
from sweeper.check.rehearsal.traces import find_rows
from sweeper.check.result import Check

# a table is the app's ledger of refunds when it has rows for this many of them, and for hardly anything else
_ENOUGH, _MOST, _FEW, _LOOKED_AT = 3, 0.5, 0.1, 300


def check_forgotten(context: CheckContext) -> Iterator[Check]:
    """Rows of the app's own refunds in a table, where the file has no ledger and no trigger could have written them."""
    own = context.settings.sessions
    if own.exclude is None and own.charged is None:
        return  # the item `marks` looks for other traces
    with sampling(context) as samples:
        if samples.has_hook():
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
