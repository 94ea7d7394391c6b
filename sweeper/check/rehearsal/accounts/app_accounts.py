"""The app's accounts: their table with its section of the file, and the columns that a refund moves."""

from dataclasses import dataclass, field

from sweeper.app.catalog import Column, Table
from sweeper.check.rehearsal.samples import Samples
from sweeper.config.model import AccountsSection


@dataclass(frozen=True)
class AppAccounts(Table):
    """The table of the accounts; ``own`` is what the file says of it."""

    own: AccountsSection = field(kw_only=True)

    @property
    def balance(self) -> Column | None:
        """The balance, where that is a column."""
        return self.column(self.own.balance or "")

    @property
    def added(self) -> dict[str, str]:
        """The lines of [accounts.add]; none where the balance alone takes the amount."""
        return self.own.add or {}

    @property
    def moved(self) -> set[Column | None]:
        """The columns that a refund moves, where the file names them."""
        return {self.column(text or "") for text in (self.own.balance, self.own.spent, *self.added)}

    @property
    def is_moved_by_app(self) -> bool:
        """Whether an empty [accounts.add] says that a trigger or function of the app moves the balance."""
        return self.own.add == {}

    def to_add(self, *lines: str) -> str:
        """The change of the file that adds these lines to [accounts.add], one fix a line.

        A section that is new takes the place of what a file without it says: that the balance takes the amount.
        """
        if self.own.add is None and self.own.balance:
            lines = (f'{self.own.balance} = "amount"', *lines)
        return "\n".join(f"[accounts.add] {line}" for line in lines)


def app_accounts(samples: Samples) -> AppAccounts | None:
    table, own = samples.accounts, samples.settings.accounts
    return AppAccounts(**vars(table), own=own) if table is not None and own is not None else None
