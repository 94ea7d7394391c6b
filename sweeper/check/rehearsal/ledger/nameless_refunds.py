"""Whether refunds in the app's ledger that name no session are those of sessions that would be paid."""

from collections.abc import Iterator

from sweeper.app.catalog import JSON_TYPES, Column
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.samples import Samples, named, owed_ids
from sweeper.check.rehearsal.words import REFERENCE
from sweeper.check.result import Check, failure, warning
from sweeper.ledger.past import past_slots

_ENOUGH, _MOST, _PART = 3, 0.5, 0.3


def check_nameless(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Compare such rows, which name nothing else either, with failures of the same account and amount just before."""
    account, amounts, owed = ledger.account, ledger.amounts, _owed(samples)
    moment = _moment(samples, ledger)
    if account is None or not amounts or moment is None or ledger.key is None or samples.own.attempt:
        return
    if len(owed) < _ENOUGH or samples.mapping.is_by_account or not samples.context.knows_failure:
        return
    others = [one for one in ledger.table.columns.values() if one not in (account, ledger.key, amounts[0], moment)]
    others = [one for one in others if one.name not in _of_account(samples, ledger)]
    links = [one for one in others if one.nullable and REFERENCE.search(one.name)]
    texts = [one for one in others if one not in links and (one.is_word or one.base_type in JSON_TYPES)]
    if not samples.sees(ledger.table, [account, ledger.key, amounts[0], moment, *links, *texts]):
        return
    past = past_slots(samples.reader, ledger.section, ledger.table, samples.mapping.slots)
    given = {
        **past, "key": ledger.key, "account_column": account, "amount_column": amounts[0], "moment": moment,
        "links": links, "texts": texts,
    }  # fmt: skip
    found = samples.try_read("find_nameless_refunds", owed, **given)
    sessions = [row.session_id for row in found if row.refund]
    count = min(len(sessions), len({row.refund for row in found if row.refund}))  # each is of one of them
    by_chance = sum(row.has_another for row in found)  # in twice the time
    if count >= max(_ENOUGH, len(owed) * _PART) and count > by_chance:
        yield (failure if count >= len(owed) * _MOST else warning)(
            f"refunds in {ledger.table.name} that name no session follow the failures of {count} of the {len(owed)} "
            f"sessions that would be paid, with their account and amount, such as of {named(sessions)}: "
            f"ledger.session = {ledger.section.session!r} is null there, and nothing shows what the app has refunded",
            "sessions.exclude: how the app sees that it has refunded a session, such as by the time of that row",
        )


def _owed(samples: Samples) -> list[str]:
    """The sessions that would be paid, without those before the floor: the app may have written no link then."""
    since, as_of = samples.settings.policy.since, samples.context.as_of
    age = (as_of - since).total_seconds() if since else None
    return owed_ids([one for one in samples.read_failed() if age is None or one.age is None or one.age <= age])


def _moment(samples: Samples, ledger: AppLedger) -> Column | None:
    """The column for when a row was written."""
    if ledger.moment is not None:
        return ledger.moment
    filled = samples.defaults(ledger.table)
    times = [one for one in ledger.table.columns.values() if one.is_time]
    return next((one for one in times if one.name in filled and one not in ledger.values), None)


def _of_account(samples: Samples, ledger: AppLedger) -> set[str]:
    """The ledger's columns for the session and the account, and the foreign keys to accounts and their owners."""
    accounts = samples.accounts
    known = {accounts.oid, *(row.target_oid for row in samples.references(of=accounts))} if accounts else set()
    owners = {row.column_name for row in samples.references(of=ledger.table) if row.target_oid in known}
    return owners | {one.name for one in ledger.values if one.name.lower() in names_in(ledger.section.session)}
