"""Whether refunds in the app's ledger that name no session are those of sessions that would be paid."""

from collections.abc import Iterator

from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning
from sweeper.ledger.past import past_slots

_ENOUGH, _PART, _MOST = 3, 0.5, 0.8


def check_nameless(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Compare such rows with failed sessions of the same account and amount; other failures may explain them, too."""
    account, amounts, owed = ledger.account, ledger.amounts, samples.list_owed()
    if account is None or not amounts or len(owed) < _ENOUGH or samples.own.attempt or samples.mapping.is_by_account:
        return
    moment = next((one for one, value in ledger.values.items() if value.strip() == "at" and one.is_time), None)
    if moment is None and len(samples.failed) == samples.context.newest:
        return  # the rows may be about older sessions
    past = past_slots(samples.reader, ledger.section, ledger.table, samples.mapping.slots)
    given = {**past, "account_column": account, "amount_column": amounts[0], "moment": moment}
    read = [one for one in (account, amounts[0], moment, ledger.key) if one]
    if ledger.key is None or not samples.sees(ledger.table, read):
        return
    rows = samples.try_read("find_nameless_refunds", samples.failed, key=ledger.key, **given)
    refunded = sum(row.refunded for row in rows)
    if refunded >= max(_ENOUGH, len(owed) * _PART):
        sure = refunded >= len(owed) * _MOST
        yield (failure if sure else warning)(
            f"refunds in {ledger.table.name} that name no session have the account and the amount of {refunded} of the "
            f"{len(owed)} sessions that would be paid, such as {named([row.sample for row in rows if row.refunded])}: "
            f"ledger.session = {ledger.section.session!r} is null there, and nothing shows what the app has refunded",
            "sessions.exclude: how the app sees that it has refunded a session, such as by the time of that row",
        )
