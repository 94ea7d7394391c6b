"""Whether the app records its refunds in a table that the file does not name."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from sweeper.check.rehearsal.marks.refund_traces import find_rows
from sweeper.check.rehearsal.marks.row_amounts import AMOUNT, Rows
from sweeper.check.rehearsal.samples import Samples, named, number
from sweeper.check.result import Check, failure, warning

# a table is the app's ledger of refunds when it has rows for this many of them, and for hardly anything else
_ENOUGH, _MOST, _FEW, _LOOKED_AT = 3, 0.5, 0.1, 200
_MANY, _NEARLY, _ALL, _PART = 5, 0.8, 0.9, 0.3
_HOW_TO_SEE = "sessions.exclude: true of every session that the app has refunded"


def check_forgotten(samples: Samples) -> Iterator[Check]:
    """Rows of the app's own refunds in a table that neither the file's ledger nor a trigger would write."""
    own = samples.own
    if own.exclude is None and own.charged is None:
        return  # the item `marks` looks for other traces
    if _booked_by_hook(samples):
        return
    refunded, owed, rows = _read(samples)
    for where, sessions in rows.items() if len(refunded) >= _ENOUGH else ():
        booked, elsewhere = sorted(sessions.keys() & refunded.keys()), len(sessions.keys() & owed.keys())
        which = "exclude is true of" if own.exclude else "have nothing left to give back"
        count = len(booked)
        if count >= max(_ENOUGH, len(refunded) * _MOST) and elsewhere <= len(owed) * _FEW:
            yield failure(
                f"none is mapped, and the app has a row in {where} for {count} of the {len(refunded)} newest sessions "
                f"that {which}, such as {named(booked[:1])}, and for {elsewhere} of the {len(owed)} that are "
                "not refunded: a refund would write none",
                "[ledger], with the row that the app's own refund code writes; or a trigger on sweeper's refunds that "
                "writes it",
            )
            return


def check_given_back(samples: Samples) -> Iterator[Check]:
    """Refunds of the app's own in a table that the file does not name: not seen, or of another number of a session."""
    own = samples.own
    if own.exclude is None and own.charged is None:
        return  # the item `marks` looks for other traces
    if own.attempt:  # what was taken again is owed again
        return
    refunded, owed, rows = _read(samples)
    for where, found in rows.items():
        exact = sorted(one for one in found.keys() & owed.keys() if found[one].exact)
        if len(exact) >= _ENOUGH and not _is_read(samples, where, f"{own.amount} {own.charged}"):
            yield failure(
                f"rows in {where} give back exactly what others took of {len(exact)} sessions that would be paid, "
                f"such as {named(exact)}: exclude = {own.exclude!r} is not true of them",
                _HOW_TO_SEE,
            )
            return
        both = [sorted(found.keys() & some.keys()) for some in (refunded, owed)]
        is_read = _is_read(samples, where, f"{own.amount} {own.charged} {own.exclude}")
        if len(both[0]) >= max(_ENOUGH, len(refunded) * _ALL) and len(both[1]) >= _ENOUGH and not is_read:
            yield warning(
                f"rows in {where} look like refunds of {len(both[0])} of {len(refunded)} sessions that the app has "
                f"refunded, and of {len(both[1])} that would be paid, such as {named(both[1])}",
                _HOW_TO_SEE,
            )
            return
    for where, found in rows.items():
        theirs = {one: found[one].amounts for one, amount in refunded.items() if one in found and amount}
        single = {one: amounts for one, amounts in theirs.items() if found[one].rows == 1 and amounts}
        rule = _multiple_of_each if _is_read(samples, where, own.amount) else _more_than_some
        yield from rule(own.amount, where, single, refunded)
        wrong = [one for one, amounts in theirs.items() if amounts and refunded[one] not in amounts]
        if len(wrong) >= max(_MANY, len(theirs) * _MOST) and not _is_read(samples, where, own.amount):
            yield from _another_number(samples, where, {one: theirs[one] for one in wrong}, refunded)


def _read(samples: Samples) -> tuple[dict[str, Decimal], dict[str, Decimal], Rows]:
    """Amounts of the newest sessions that the app has refunded, and of those that are owed, and rows about them."""
    refunded, owed = dict[str, Decimal](), dict[str, Decimal]()
    for row in samples.read_failed():
        if row.excluded or (row.given_back and row.is_owed):
            refunded[row.session_id] = row.amount if row.is_owed else Decimal(0)
        elif row.unpaid and not row.given_back and row.is_owed:
            owed[row.session_id] = row.amount
    refunded, owed = (dict([*one.items()][:_LOOKED_AT]) for one in (refunded, owed))
    rows = find_rows(samples, [*refunded, *owed]) if len(refunded) + len(owed) >= _ENOUGH else {}
    return refunded, owed, rows


def _another_number(
    samples: Samples, where: str, theirs: Mapping[str, Collection[Decimal]], ours: Mapping[str, Decimal]
) -> Iterator[Check]:
    """Another number of the sessions is what the app gave back; in another unit, it may be the same amount."""
    amount, sessions = samples.own.amount, samples.sessions
    columns = [one for one in samples.readable(sessions) if one.is_number]
    rows = samples.read("read_amounts", list(theirs), owner="NULL", numbers=columns, kinds=[])
    for place, column in enumerate(columns):
        read = {row.session_id: Decimal(row.numbers[place] or 0) for row in rows}
        given = {one: found for one, found in read.items() if found and found in theirs[one]}
        if len(given) < len(theirs) * _NEARLY or len(set(given.values())) < 2:
            continue
        sample = next((one for one in given if ours[one] > given[one]), next(iter(given)))
        is_unit = len({Fraction(ours[one]) / Fraction(found) for one, found in given.items()}) == 1
        yield (warning if is_unit or ours[sample] < given[sample] else failure)(
            f"sessions.amount = {amount!r} is not what the app gave back for {len(given)} sessions, such as {sample}: "
            f"{number(ours[sample])} instead of {number(given[sample])}, which is {column.name} of the session and in "
            f"{where}",
            f"sessions.amount = {column.quoted!r}, if that is what was taken",
        )
        return
    more = [one for one, amounts in theirs.items() if ours[one] > max(amounts)]
    if len(more) == len(theirs) and len({Fraction(ours[one]) / Fraction(max(theirs[one])) for one in more}) > 1:
        one, most = more[0], max(theirs[more[0]])
        yield warning(
            f"sessions.amount = {amount!r} is more than every number in rows of {where} that look like refunds of the "
            f"app's own, for {len(more)} sessions, such as {one}: {number(ours[one])} and {number(most)}",
            "sessions.amount: what was taken, as the app gives it back",
        )


def _more_than_some(
    amount: str, where: str, theirs: Mapping[str, Collection[Decimal]], ours: Mapping[str, Decimal]
) -> Iterator[Check]:
    """The amount is what one row gave back for some sessions, so that it is no other unit, and more than for others."""
    same = [one for one, amounts in theirs.items() if ours[one] in amounts]
    more = [one for one, amounts in theirs.items() if ours[one] > max(amounts)]
    if len(same) >= max(_MANY, len(theirs) * _PART) and len(more) >= max(_MANY, len(theirs) * _FEW):
        one = more[0]
        yield failure(
            f"sessions.amount = {amount!r} is more than the row in {where} that looks like the app's own refund, for "
            f"{len(more)} sessions, such as {one}: {number(ours[one])} instead of {number(max(theirs[one]))}; for "
            f"{len(same)} it is the same",
            "sessions.amount: what was taken, as the app gives it back",
        )


def _multiple_of_each(
    amount: str, where: str, theirs: Mapping[str, Collection[Decimal]], ours: Mapping[str, Decimal]
) -> Iterator[Check]:
    """The amount is read from the same rows, and is another multiple, or the same part, of what each gave back."""
    back = {one: max(amounts) for one, amounts in theirs.items() if ours[one]}
    ratios = {Fraction(ours[one]) / Fraction(given) if given else None for one, given in back.items()}
    if len(set(back.values())) >= _ENOUGH and len(ratios) == 1 and not ratios & {None, 1}:
        one = next(iter(back))
        yield (failure if ours[one] > back[one] else warning)(
            f"sessions.amount = {amount!r} is not what the row in {where} gave back that looks like the app's own "
            f"refund, for {len(back)} sessions, such as {one}: {number(ours[one])} instead of {number(back[one])}",
            "sessions.amount: what was taken, as the app gives it back",
        )


def _is_read(samples: Samples, where: str, text: str) -> bool:
    """Whether an expression names the table of some rows."""
    return any(row.table_name.lower() in text.lower() for row in samples.tables() if f'"{row.table_name}"' in where)


def _booked_by_hook(samples: Samples) -> bool:
    """Whether a hook may write to what may be books: another table that has an amount."""
    mapping, accounts, written = samples.mapping, samples.accounts, samples.written_by_hooks()
    if not written:
        return written is None
    known = {mapping.sessions.oid} | ({accounts.oid} if accounts else set())
    for row in samples.tables():
        if row.oid not in known and row.table_name.lower() in written:
            columns = samples.table(row.oid).columns.values()
            if any(column.is_number and AMOUNT.search(column.name) for column in columns):
                return True
    return False
