"""What is installed in a database: the settings that ``install`` wrote."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sweeper.app.charge_key import ChargeKey
from sweeper.app.status_labels import StatusLabels
from sweeper.config.model import PolicySection
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Transaction

# goes up with every change of sweeper's own tables and of what `settings` has: an older program then refuses them
SCHEMA_VERSION = 3


@dataclass(frozen=True)
class Installation:
    """The settings that ``install`` wrote."""

    schema_version: int
    installed_at: datetime
    fingerprint: str
    search_path: str
    guard_index: str | None
    live_index: str | None
    charge_key: str | None = None
    ledger_oid: int | None = None
    fence: bool = False
    status_labels: str | None = None
    horizon: datetime | None = None
    horizon_as_of: datetime | None = None
    horizon_policy: str | None = None
    full_sweep_as_of: datetime | None = None
    before_floor_sessions: int | None = None
    before_floor_credits: Decimal | None = None

    @property
    def is_current(self) -> bool:
        """Whether its tables are those of this program; `install` upgrades older ones."""
        return self.schema_version == SCHEMA_VERSION

    @property
    def bound(self) -> ChargeKey | None:
        """The key of a charge in its ledger; None where an older version installed it."""
        return ChargeKey.from_json(self.charge_key) if self.charge_key else None

    @property
    def bound_labels(self) -> StatusLabels | None:
        """The values of the status with which the index on live sessions was built; None if that is not known."""
        return StatusLabels.from_json(self.status_labels) if self.status_labels else None

    def floor(self, policy: PolicySection) -> datetime:
        """Where runs start: ``policy.since``, by default the moment of ``install``."""
        return policy.since or self.installed_at


def read_installation(transaction: Transaction, schema: str) -> Installation | None:
    """Read what ``install`` wrote; None if it never ran.

    Raises:
        ConfigurationError: a newer sweeper installed it.
    """
    table = f"{quote_name(schema)}.settings"
    own = transaction.row(fill("find_installation", {}), {"name": table})
    if not own.found or not (found := transaction.rows(fill("read_installation", {"settings": table}))):
        return None
    installation = Installation(**found[0]._mapping, ledger_oid=own.ledger_oid)
    if installation.schema_version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the schema {schema} was installed by a newer sweeper (version {installation.schema_version} of its "
            f"tables, this program knows {SCHEMA_VERSION}): update the program",
            code="newer_schema",
        )
    return installation
