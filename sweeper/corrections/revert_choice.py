"""Which refunds a revert takes back, and whether the file allows it."""

from dataclasses import dataclass

from sweeper.app.mapping import Mapping
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError
from sweeper.install.hooks import read_hooks
from sweeper.install.reversal_key import FULL_KEY_FIX, find_full_key, full_key
from sweeper.postgres.transaction import Transaction


@dataclass(frozen=True)
class Choice:
    """Which refunds to take back: those of a run, or those of a session."""

    run_id: str | None = None
    session_id: str | None = None
    allow_negative: bool = False
    without_ledger: bool = False

    def of_file(self, settings: Settings) -> Settings:
        """The file as this revert uses it: without ``[ledger.reverse]`` if only balances change."""
        if settings.ledger is None or not self.without_ledger:
            return settings
        return settings.model_copy(update={"ledger": settings.ledger.model_copy(update={"reverse": {}})})


def require_reverse(transaction: Transaction, mapping: Mapping, choice: Choice) -> None:
    """Check that something takes a refund back: a balance, `[ledger.reverse]`, or a hook on the reversals.

    Raises:
        ConfigurationError: nothing does, or balances alone may not be moved.
    """
    ledger = mapping.ledger
    if ledger and ledger.reverse:
        require_room(mapping, find_full_key(transaction, mapping))
        return
    if mapping.moves_balances and ledger is None:
        return
    if any(hook.works and hook.table == "reversals" for hook in read_hooks(transaction, mapping)):
        return
    if ledger is None:
        raise ConfigurationError(
            f"nothing would take a refund back: {_moves_nothing(mapping)}, and there is no trigger of the app's own on "
            f"{mapping.slots['reversals']}. Create one that fires after a row is written and undoes what a refund "
            "does, then revert. Nothing was taken back",
            code="nothing_to_reverse",
        )
    if not mapping.has_accounts:
        raise ConfigurationError(
            f"{_missing(choice)}: the balance is the sum of the app's ledger, so a refund is taken back by "
            "a row there, and only the file can say what it looks like; or a trigger of the app's own on "
            f"{mapping.slots['reversals']} does it",
            code="no_reverse",
        )
    if not choice.without_ledger:
        raise ConfigurationError(
            f"nothing was taken back, because [ledger.reverse] is missing: {ledger.table.name} would still say that "
            "the refunds stand.\n"
            "Add the section to the file, with the row that takes a refund back there: the columns of [ledger.insert] "
            f'({", ".join(ledger.insert)}), the amount as "-amount", and a kind of row that ledger.where does not '
            "count as a refund.\n"
            "Where that table has room for one row a session, create a trigger on "
            f"{mapping.slots['reversals']} that marks it instead.\n"
            "To move the balances alone, give --without-ledger",
            code="no_ledger_reverse",
        )


def require_room(mapping: Mapping, index: str | None) -> None:
    """Check that no unique index of the app's ledger is in the way of reversals.

    Raises:
        ConfigurationError: ``index`` is.
    """
    if index is not None:
        alone = " Or give --without-ledger to move the balances alone." if mapping.moves_balances else ""
        raise ConfigurationError(
            f"{full_key(mapping, index)}: {FULL_KEY_FIX}.{alone} Nothing was taken back", code="reverse_not_unique"
        )


def _missing(choice: Choice) -> str:
    return "--without-ledger would move nothing" if choice.without_ledger else "[ledger.reverse] is missing"


def _moves_nothing(mapping: Mapping) -> str:
    if mapping.has_accounts:
        return "[accounts] says that sweeper itself moves no balance"
    return "the file has neither [accounts] nor [ledger]"
