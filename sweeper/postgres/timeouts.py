"""How long a transaction, a statement and a lock may take."""

from typing import NamedTuple


class Timeouts(NamedTuple):
    """Limits of one transaction, in milliseconds; 0 is no limit.

    ``transaction_ms`` holds where the server has that bound, from version 17 on. ``tcp_user_ms`` is how long the server
    tries to send to a client that does not take anything; 0 is what the server's system does by itself.
    """

    lock_ms: int = 250
    statement_ms: int = 60_000
    idle_ms: int = 60_000
    transaction_ms: int = 0
    tcp_user_ms: int = 0


READ_TIMEOUTS = Timeouts(statement_ms=3_600_000, idle_ms=600_000)
# A transaction that locks rows of the app keeps it waiting for seconds at most, even if this process is stopped
# (SIGSTOP, a frozen machine) in the middle. A server that cannot send its result is not covered by these: see
# ANSWER_BYTES.
LOCKING_TIMEOUTS = Timeouts(lock_ms=250, statement_ms=10_000, idle_ms=5_000, transaction_ms=20_000, tcp_user_ms=5_000)
