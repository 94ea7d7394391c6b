"""The rehearsal for a run, until one has paid under its mapping."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeper.app.mapping import Mapping
    from sweeper.config.model import Settings
    from sweeper.postgres.database import Database
    from sweeper.sweep.context import RunRequest
    from sweeper.sweep.rehearsal import FailedItem, Rehearsal


def rehearsal_of(database: "Database", settings: "Settings", request: "RunRequest") -> "Rehearsal":
    """The rehearsal with the items of `check`.

    Raises:
        ConfigurationError: an accepted name is not that of an item.
    """
    from sweeper.sweep.rehearsal import check_names

    check_names(request.accepted)

    def rehearse(mapping: "Mapping") -> "Sequence[FailedItem]":
        from sweeper.check.rehearsal.rehearse import failed_items  # not needed once a run has paid

        return failed_items(database, settings, request.as_of, mapping)

    return rehearse
