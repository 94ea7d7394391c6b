"""The amount that a session had before the app refunded it, where the refund's own mark makes it zero."""

from dataclasses import replace
from decimal import Decimal

from sweeper.check.rehearsal.marks.session_marks import written_columns
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples


def amounts_before_refund(samples: Samples, sessions: list[PastRefund]) -> list[PastRefund]:
    """The same sessions with the amounts that they have once [sessions.reversed] has removed the mark of a refund."""
    own, mapping = samples.context.settings.sessions, samples.context.mapping
    if not own.reversed or any(one.amount for one in sessions) or mapping.is_by_account:
        return sessions
    readable = samples.readable(mapping.sessions)
    written = written_columns(samples, "sessions.reversed", own.reversed)
    columns = [slots for column, slots in written.items() if column in readable]
    amount = {"amount": samples.expression("amount", own.amount)}
    rows = samples.read("try_amounts", [one.session_id for one in sessions], amount, {"columns": columns})
    owed = {row.session_id: abs(Decimal(row.amount)) for row in rows if row.amount is not None}
    return [
        replace(one, amount=owed[one.session_id].copy_sign(one.past_amount)) if one.session_id in owed else one
        for one in sessions
    ]
