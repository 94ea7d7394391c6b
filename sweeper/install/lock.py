"""The lock that lets no batch move credits under a mapping that is no longer the installed one."""

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.transaction import Transaction


def lock_installation(transaction: Transaction, mapping: Mapping) -> None:
    """Keep `sweeper install` from putting another mapping in place until this transaction ends.

    Raises:
        ConfigurationError: it has done so since this command began.
        Busy: it is doing so at this moment.
    """
    rows = transaction.rows(mapping.statement("lock_installation"))
    if not rows or rows[0].fingerprint != mapping.fingerprint:
        raise ConfigurationError(
            "another mapping was installed while this command was at work: what it had done by then stands, and it "
            "does nothing more. Run it again",
            code="mapping_changed",
        )
