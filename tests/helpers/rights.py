"""The rights of the roles that `install --print` writes down, without a second command for each installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from sweeper.config.model import Settings
from sweeper.install import installer, plan
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import Timeouts


@contextmanager
def worked_out() -> Iterator[list[str]]:
    """The rights that an installation in the block would print, by its own connection, a line each."""
    lines: list[str] = []

    def planning(
        database: Database, settings: Settings, search_path: str, as_of: datetime | None, *, fence: bool, rekey: bool
    ) -> plan.Steps:
        steps = plan.plan(database, settings, search_path, as_of, fence=fence, rekey=rekey)
        if as_of is not None:
            zone = settings.sessions.timezone
            with database.transaction(timeouts=Timeouts(), search_path=search_path, timezone=zone) as transaction:
                rights = plan._rights(transaction, steps.mapping, settings)
            lines[:] = "\n".join(rights.values()).splitlines()
        return steps

    with patch.object(installer, "plan", planning):
        yield lines


def granted(lines: list[str]) -> str:
    """What a DBA sends of them. What the owner of refund() is lent it gives back; refund() itself keeps its owner."""
    return "\n".join(line for line in lines if line.startswith(("GRANT", "REVOKE")))
