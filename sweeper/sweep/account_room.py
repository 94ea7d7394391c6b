"""How many sessions of one account a run puts on hold, so that however many it has, the others are paid."""

from collections import Counter

# why a session is on hold that no session of the account could be paid; other reasons show a wrong mapping when many
# sessions have them, whoever the accounts are
OF_ACCOUNT = frozenset({"no_account", "account_inactive"})


class AccountRoom:
    """Counts by account, up to half of ``most``, which is all that a run may put on hold."""

    def __init__(self, most: int) -> None:
        self._of_one = max(1, most // 2)
        self._taken = Counter[str]()

    def left(self, account_id: str | None) -> bool:
        """Whether there is room for another one of this account; None is an unknown account, which is not counted."""
        return account_id is None or self._taken[account_id] < self._of_one

    def take(self, account_id: str | None) -> bool:
        """Count another one; False if there is no room."""
        if not self.left(account_id):
            return False
        if account_id is not None:
            self._taken[account_id] += 1
        return True
