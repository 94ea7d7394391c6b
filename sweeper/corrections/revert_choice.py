"""Which refunds a revert takes back, and whether the file allows it."""

from dataclasses import dataclass

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError


@dataclass(frozen=True)
class Choice:
    """Which refunds are meant: those of a run, or those of a session."""

    run_id: str | None = None
    session_id: str | None = None
    allow_negative: bool = False
    without_ledger: bool = False


def require_reverse(mapping: Mapping, choice: Choice) -> None:
    """Check that the file says what the row looks like that takes a refund back in the app's ledger.

    Raises:
        ConfigurationError: it does not, and balances alone cannot or may not be moved.
    """
    ledger = mapping.ledger
    if ledger is None or ledger.reverse:
        return
    if not mapping.has_accounts:
        raise ConfigurationError(
            "[ledger.reverse] is missing: the balance is the sum of the app's ledger, so a refund is taken back by "
            "a row there, and only the file can say what it looks like",
            code="no_reverse",
        )
    if not choice.without_ledger:
        raise ConfigurationError(
            f"[ledger.reverse] is missing: balances would move back, and {ledger.table.name} would still say that "
            "the refunds stand. Add the section to the file, with the row that takes a refund back there: the "
            f'columns of [ledger.insert] ({", ".join(ledger.insert)}), the amount as "-amount", and a kind of row '
            "that ledger.where does not take for a refund. Or give --without-ledger to move the balances alone. "
            "Nothing was taken back",
            code="no_ledger_reverse",
        )
