"""The lines of ``[accounts.add]`` that would fix a file."""

from sweeper.config.model import AccountsSection


def to_add(own: AccountsSection, *lines: str) -> str:
    """The change of the file that adds these lines to the section, one fix a line.

    A section that is new takes the place of what a file without it says: that the balance takes the amount.
    """
    if own.add is None and own.balance:
        lines = (f'{own.balance} = "amount"', *lines)
    return "\n".join(f"[accounts.add] {line}" for line in lines)
