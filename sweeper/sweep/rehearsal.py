"""What the rehearsal means for a run: a failed item stops it until a run has paid under the mapping."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from sweeper.app.mapping import Mapping
from sweeper.config.errors import nearest
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.transaction import Transaction

# the items of `check` that compare the file with the app's own past, in order
REHEARSED = (
    "statuses", "past_refunds", "charges", "marks", "ledger", "accounts", "balances", "active_at", "deadlines",
    "stuck_after", "caps", "time_zone",
)  # fmt: skip


class FailedItem(NamedTuple):
    """An item of the rehearsal that shows that the mapping would pay wrongly, with the change that fixes it."""

    name: str
    message: str
    fix: str


class EarlierRuns(NamedTuple):
    """Whether a run has paid under a mapping, and the items that were accepted for it."""

    have_paid: bool
    accepted: tuple[str, ...]


# returns the items that fail; reads the app's tables and writes nothing
Rehearsal = Callable[[Mapping], Sequence[FailedItem]]


def check_names(accepted: Collection[str]) -> None:
    """Check that each accepted name is that of an item.

    Raises:
        ConfigurationError: one is not.
    """
    for name in accepted:
        if name not in REHEARSED:
            raise ConfigurationError(f"--accept {name}: there is no such item{nearest(name, REHEARSED)}", code="usage")


def read_earlier_runs(transaction: Transaction, mapping: Mapping) -> EarlierRuns:
    """Read what runs under this mapping have done."""
    row = transaction.row(mapping.statement("read_rehearsal"), {"mapping": mapping.file_digest})
    return EarlierRuns(bool(row.has_paid), tuple(row.accepted))


def find_objection(
    mapping: Mapping, rehearsal: Rehearsal, earlier: EarlierRuns, accepted: Collection[str]
) -> ConfigurationError | None:
    """Why nothing may be paid under this mapping yet; None, without a rehearsal, once a run has paid."""
    if earlier.have_paid:
        return None
    failed = [item for item in rehearsal(mapping) if item.name not in {*accepted, *earlier.accepted}]
    if not failed:
        return None
    said = "\n".join(f"{item.name}: {item.message}\n  to fix it: {item.fix}" for item in failed)
    flags = " ".join(f"--accept {item.name}" for item in failed)
    return ConfigurationError(
        f"nothing was paid: compared with the app's own past, the mapping has faults:\n{said}\n"
        f"Fix the file, or accept them for this mapping: sweeper run {flags}",
        code="rehearsal_failed",
    )
