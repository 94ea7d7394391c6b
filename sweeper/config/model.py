"""``sweeper.toml`` as pydantic models: what the file says, before anything is compared with a database."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sweeper.config.errors import nearest
from sweeper.config.values import Count, Credits, Duration, Endpoint, Moment, Name, Sql, Status, StuckAfter, Zone

STUCK_AFTER_DEFAULT = timedelta(hours=1)
# Postgres cuts off what a longer name has behind them
_NAME_BYTES = 63
# the events that may send messages to people
Cause = Literal["held", "failed", "capped", "layer_broke"]


class Section(BaseModel):
    """One table of the file; an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatabaseSection(Section):
    """Where sweeper keeps its own tables."""

    schema_: Annotated[str, Field(min_length=1, max_length=_NAME_BYTES, alias="schema")] = "sweeper"

    @model_validator(mode="after")
    def _not_a_system_schema(self) -> Self:
        if self.schema_.startswith("pg_") or self.schema_ == "information_schema":
            raise ValueError(f"database.schema = {self.schema_!r} is reserved by Postgres")
        if len(self.schema_.encode()) > _NAME_BYTES:
            raise ValueError(f"database.schema = {self.schema_!r} is longer than {_NAME_BYTES} bytes")
        return self


class SessionsSection(Section):
    """The paid work: names are columns or SQL expressions over the session row, alias ``s``."""

    table: Sql
    id: Sql
    account: Sql
    status: Sql
    failed: Annotated[list[Status], Field(min_length=1)]
    running: list[Status] = []
    succeeded: list[Status] = []
    started_at: Sql
    active_at: Sql | None = None
    stuck_at: Sql | None = None
    failed_at: Sql | None = None
    ended_at: Sql | None = None
    error: Sql | None = None
    amount: Sql
    charged: Sql | None = None
    exclude: Sql | None = None
    never: Sql | None = None
    timezone: Zone = "UTC"
    attempt: Sql | None = None
    close: dict[Name, Sql] = {}
    refunded: dict[Name, Sql] = {}
    reversed: dict[Name, Sql] = {}

    @model_validator(mode="after")
    def _each_status_once(self) -> Self:
        listed = [*self.failed, *self.running, *self.succeeded]
        for status in listed:
            if listed.count(status) > 1:
                raise ValueError(f"the status {status!r} is listed twice among failed, running and succeeded")
        return self


class AccountsSection(Section):
    """Who paid, and the balance that goes up by a refund.

    ``add`` is what each column takes; None where the balance is a column that takes the amount, and empty where the
    app's own trigger or function moves it.
    """

    table: Sql
    id: Sql
    balance: Sql | None = None
    add: dict[Name, Sql] | None = None
    active: Sql | None = None
    serialized: bool = False
    spent: Sql | None = None
    updated_at: Sql | None = None
    invariant: Sql | None = None

    @property
    def moves(self) -> bool:
        """Whether a refund moves anything on the account's row; else the app's own trigger or function does."""
        return self.balance is not None if self.add is None else bool(self.add)


class PolicySection(Section):
    """When a session is owed, and the bounds of a run."""

    stuck_after: StuckAfter = STUCK_AFTER_DEFAULT
    grace: Duration = timedelta(minutes=15)
    since: Moment | None = None
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 2000
    max_refunds: Count | None = 10_000
    max_credits: Credits | None = None
    max_amount: Credits | None = None
    max_new_holds: Count = 100
    max_clock_skew: Duration = timedelta(minutes=1)


class ReasonSection(Section):
    """A refund reason, chosen by the session's error text; the first match wins."""

    code: Annotated[str, Field(min_length=1, max_length=100)]
    error: Name

    @model_validator(mode="after")
    def _escapes_something(self) -> Self:
        if (len(self.error) - len(self.error.rstrip("\\"))) % 2:
            raise ValueError(f"reasons.error = {self.error!r} ends with a backslash that escapes nothing")
        return self


class PastSection(Section):
    """Which rows of the app's ledger are refunds that the app wrote itself: for ``check`` and ``audit`` alone."""

    where: Sql
    session: Sql | None = None
    account: Sql | None = None
    amount: Sql | None = None


class LedgerSection(Section):
    """The app's own table of refunds, when it keeps one."""

    table: Sql
    session: Sql
    where: Sql = "true"
    guard: Sql | None = None
    attempt: Sql | None = None
    insert: Annotated[dict[Name, Sql], Field(min_length=1)]
    reverse: dict[Name, Sql] = {}
    past: PastSection | None = None


class LoggingSection(Section):
    """How log events are called."""

    event_prefix: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]*$")] = "prediction_session"


class AuditSection(Section):
    """What an audit calls overdue."""

    overdue_after: Duration = timedelta(hours=1)


class MonitoringSection(Section):
    """Where runs are reported; ``app`` distinguishes several apps."""

    textfile: Path | None = None
    pushgateway: Endpoint | None = None
    ping: Endpoint | None = None
    app: Name | None = None


class NotifySection(Section):
    """Who gets a message about what a run found, through Apprise."""

    urls: list[Name] = []
    on: list[Cause] = list(get_args(Cause))


class Settings(Section):
    """The whole file."""

    database: DatabaseSection = DatabaseSection()
    sessions: SessionsSection
    accounts: AccountsSection | None = None
    policy: PolicySection = PolicySection()
    reasons: list[ReasonSection] = []
    ledger: LedgerSection | None = None
    logging: LoggingSection = LoggingSection()
    audit: AuditSection = AuditSection()
    monitoring: MonitoringSection = MonitoringSection()
    notify: NotifySection = NotifySection()

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if self.reasons and self.sessions.error is None:
            raise ValueError("[[reasons]] match the session's error text: map sessions.error")
        if self.ledger and (self.ledger.attempt is None) != (self.sessions.attempt is None):
            raise ValueError("sessions.attempt and ledger.attempt belong together: map both or neither")
        if isinstance(self.policy.stuck_after, dict) and self.sessions.stuck_at is not None:
            raise ValueError("sessions.stuck_at decides when a session is stuck: policy.stuck_after cannot be a table")
        if isinstance(self.policy.stuck_after, dict):
            for status in self.policy.stuck_after:
                if status not in self.sessions.running:
                    near = nearest(status, self.sessions.running)
                    raise ValueError(f"policy.stuck_after names {status!r}, not a running status{near}")
        return self

    @property
    def all_reasons(self) -> tuple[str, ...]:
        """Every reason that a refund may have."""
        return tuple(dict.fromkeys([*(reason.code for reason in self.reasons), "workflow_failure", "stuck"]))

    @property
    def payable_again(self) -> bool:
        """Whether a user may pay a session again whose refund was taken back.

        The app's ledger keeps the refund that was taken back, and its guard allows no second one for the same charge.
        """
        return self.ledger is None

    def stuck_after(self, status: str) -> timedelta | None:
        """How long a session in a running ``status`` may go without a sign of life; None if it is never stuck.

        Zero where sessions have a deadline of their own: they are stuck as soon as it has passed.
        """
        limit = timedelta(0) if self.sessions.stuck_at is not None else self.policy.stuck_after
        return limit.get(status, STUCK_AFTER_DEFAULT) if isinstance(limit, dict) else limit


def section_of(annotation: object) -> type[Section] | None:
    """The section that a key of this type is; None for a value."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)), None)


def known_keys(path: tuple[str, ...]) -> list[str]:
    """The keys that the section at ``path`` may have; those of the whole file for ``()``."""
    section: type[Section] = Settings
    for key in path:
        field = section.model_fields.get(key)
        section = (field and section_of(field.annotation)) or section
    return [field.alias or name for name, field in section.model_fields.items()]
