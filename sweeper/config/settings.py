"""``sweeper.toml``, read and validated: what the file says, before anything is compared with a database."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import durationpy
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    model_validator,
)

from sweeper.core.errors import ConfigurationError

_MOST_DIGITS = 1000
STUCK_AFTER_DEFAULT = timedelta(hours=1)
OPEN_QUESTION = "?"  # what `sweeper init` writes where a person must answer; never SQL by itself


def parse_duration(value: object) -> timedelta:
    """Read a duration such as ``90s``, ``15m``, ``1h30m`` or ``2d``.

    Raises:
        ValueError: it is not a duration, or it is negative.
    """
    if isinstance(value, timedelta):
        return value
    problem = f'{value!r} is not a duration such as "30m", "6h" or "2d"'
    if not isinstance(value, str) or not value.strip():
        raise ValueError(problem)
    try:
        duration = durationpy.from_str(value.strip())
    except (durationpy.DurationError, ArithmeticError, ValueError) as error:
        raise ValueError(problem) from error
    if duration < timedelta(0):
        raise ValueError(f'{value!r} is negative; a duration is zero or more, such as "30m"')
    return duration


def parse_moment(value: object) -> datetime:
    """Read an ISO 8601 date or time; without a zone it is UTC.

    Raises:
        ValueError: it is not a date or a time.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f'{value!r} is not a time such as "2026-01-31T12:00:00Z"') from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a time such as 2026-01-31T12:00:00Z")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def parse_zone(value: object) -> str:
    """Check the name of a time zone.

    Raises:
        ValueError: the zone is not known.
    """
    try:
        return ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is not a time zone such as 'UTC' or 'Europe/Berlin'") from None


def parse_stuck_after(value: object) -> timedelta | dict[str, timedelta]:
    """Read one duration, or a table of durations by running status.

    Raises:
        ValueError: one of them is not a duration.
    """
    if not isinstance(value, dict):
        return parse_duration(value)
    limits = {}
    for status, limit in value.items():
        try:
            limits[str(status)] = parse_duration(limit)
        except ValueError as error:
            raise ValueError(f"{status}: {error}") from None
    return limits


def _trim_sql(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and not value.strip():
        raise ValueError("must not be empty")
    return value.strip() if isinstance(value, str) else value


def parse_endpoint(value: object) -> str:
    """Check a URL that is told of runs.

    Raises:
        ValueError: it is not one for HTTP. The message never repeats it: it may be a secret.
    """
    if not isinstance(value, str) or not value.strip().lower().startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value.strip().rstrip("/")


def _require_digits(value: Decimal) -> Decimal:
    """Refuse what a few letters can say and nobody can reckon with, such as 1e999999999."""
    if not -_MOST_DIGITS < int(value.as_tuple().exponent) <= value.adjusted() < _MOST_DIGITS:
        raise ValueError(f"a number of credits has at most {_MOST_DIGITS} digits before and after the point")
    return value


Sql = Annotated[str, BeforeValidator(_trim_sql)]
Name = Annotated[str, Field(min_length=1)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
StuckAfter = Annotated[timedelta | dict[Name, timedelta], BeforeValidator(parse_stuck_after)]
# a plain validator, because a test may have frozen the clock, and datetime with it, before this is imported
Moment = Annotated[
    datetime, PlainValidator(parse_moment), PlainSerializer(datetime.isoformat, return_type=str, when_used="json")
]
Zone = Annotated[str, BeforeValidator(parse_zone)]
Endpoint = Annotated[str, BeforeValidator(parse_endpoint)]
Credits = Annotated[Decimal, Field(ge=0, allow_inf_nan=False), AfterValidator(_require_digits)]
Count = Annotated[int, Field(ge=0)]


class Section(BaseModel):
    """One table of the file; an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatabaseSection(Section):
    """Where sweeper keeps its own tables."""

    schema_: Annotated[str, Field(min_length=1, max_length=63, alias="schema")] = "sweeper"

    @model_validator(mode="after")
    def _not_a_system_schema(self) -> Self:
        if self.schema_.startswith("pg_") or self.schema_ == "information_schema":
            raise ValueError(f"database.schema = {self.schema_!r} is reserved by Postgres")
        return self


class SessionsSection(Section):
    """The paid work: names are columns or SQL expressions over the session row, alias ``s``."""

    table: Sql
    id: Sql
    account: Sql
    status: Sql
    failed: Annotated[list[Name], Field(min_length=1)]
    running: list[Name] = []
    succeeded: list[Name] = []
    started_at: Sql
    active_at: Sql | None = None
    failed_at: Sql | None = None
    ended_at: Sql | None = None
    error: Sql | None = None
    amount: Sql
    exclude: Sql | None = None
    timezone: Zone = "UTC"
    attempt: Sql | None = None
    close: dict[Name, Sql] = {}

    @model_validator(mode="after")
    def _each_status_once(self) -> Self:
        listed = [*self.failed, *self.running, *self.succeeded]
        for status in listed:
            if listed.count(status) > 1:
                raise ValueError(f"the status {status!r} is listed twice among failed, running and succeeded")
        return self


class AccountsSection(Section):
    """Who paid, and the balance that goes up by a refund."""

    table: Sql
    id: Sql
    balance: Sql
    spent: Sql | None = None
    updated_at: Sql | None = None
    invariant: Sql | None = None


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


class LedgerSection(Section):
    """The app's own table of refunds, when it keeps one."""

    table: Sql
    session: Sql
    where: Sql = "true"
    guard: Sql | None = None
    attempt: Sql | None = None
    insert: Annotated[dict[Name, Sql], Field(min_length=1)]
    reverse: dict[Name, Sql] = {}


class LoggingSection(Section):
    """How log events are called."""

    event_prefix: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]*$")] = "prediction_session"


class AuditSection(Section):
    """What an audit calls overdue."""

    overdue_after: Duration = timedelta(hours=1)


class MonitoringSection(Section):
    """Who is told of runs; ``app`` tells several apps apart."""

    textfile: Path | None = None
    pushgateway: Endpoint | None = None
    ping: Endpoint | None = None
    app: Name | None = None


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

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if self.reasons and self.sessions.error is None:
            raise ValueError("[[reasons]] match the session's error text: map sessions.error")
        if self.ledger and (self.ledger.attempt is None) != (self.sessions.attempt is None):
            raise ValueError("sessions.attempt and ledger.attempt belong together: map both or neither")
        if isinstance(self.policy.stuck_after, dict):
            for status in self.policy.stuck_after:
                if status not in self.sessions.running:
                    near = nearest(status, self.sessions.running)
                    raise ValueError(f"policy.stuck_after names {status!r}, not a running status{near}")
        return self

    @property
    def all_reasons(self) -> tuple[str, ...]:
        """What a refund may be called."""
        return tuple(dict.fromkeys([*(reason.code for reason in self.reasons), "workflow_failure", "stuck"]))

    @property
    def payable_again(self) -> bool:
        """Whether a person may pay a session again whose refund was taken back.

        The app's ledger keeps the refund that was taken back, and its guard allows no other one for the same charge.
        """
        return self.ledger is None

    def stuck_after(self, status: str) -> timedelta:
        """How long a session in a running ``status`` may show no sign of life."""
        limit = self.policy.stuck_after
        return limit.get(status, STUCK_AFTER_DEFAULT) if isinstance(limit, dict) else limit


def nearest_of(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The known word closest to ``word``, when one is close."""
    folded = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint that names the known word closest to ``word``, or lists a few when none is close."""
    near = nearest_of(word, known)
    if near:
        return f"; did you mean {near!r}?"
    return f"; there is: {', '.join(sorted(known)[:12])}" if known else ""


def load(path: Path) -> Settings:
    """Read a ``sweeper.toml``.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or says something that cannot be.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark first
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no {path}: `sweeper init` drafts one from the database, "
            "or name it with --config or SWEEPER_CONFIG",
            code="no_config",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {type(error).__name__}", code="config") from None
    except ValueError as error:  # also of the parser itself, for an integer of thousands of digits
        raise ConfigurationError(f"{path} is not valid TOML: {error}", code="config") from None
    return parse(content, str(path))


def load_monitoring(path: Path) -> MonitoringSection:
    """Who is to be told of a run, even when the rest of the file is not fit for one; nobody when it does not say."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return MonitoringSection.model_validate(content.get("monitoring", {}))
    except (OSError, ValueError):
        return MonitoringSection()


def parse(content: Mapping[str, Any], origin: str = "sweeper.toml") -> Settings:
    """Validate the content of a ``sweeper.toml``.

    Raises:
        ConfigurationError: naming each key that is wrong, its value and the nearest right one, or each open question.
    """
    questions = list(_open_questions(content))
    if questions:
        listed = "\n".join(f"  {key}" for key in questions)
        raise ConfigurationError(
            f'{origin} has open questions, marked with "?", that only a person can answer:\n{listed}',
            code="open_questions",
        )
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {line}" for line in _describe_all(error, content))
        raise ConfigurationError(f"{origin}:\n{problems}", code="config") from None


def _open_questions(content: object, key: str = "") -> Iterator[str]:
    if isinstance(content, str) and content.strip() == OPEN_QUESTION:
        yield key
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield from _open_questions(value, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list):
        for value in content:
            yield from _open_questions(value, key)


def apply_overrides(settings: Settings, overrides: Mapping[str, object]) -> Settings:
    """Settings with some keys of ``[policy]`` replaced by flags of the command line.

    Raises:
        ConfigurationError: a value is not valid.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    content = settings.model_dump(by_alias=True, exclude_unset=True)
    content["policy"] = {**content.get("policy", {}), **given}
    return parse(content, "the flags")


def _describe_all(error: ValidationError, content: Mapping[str, Any]) -> list[str]:
    """One line a mistake: a misspelt key is not also a missing one."""
    meant = set()
    lines = []
    # unknown keys first, to know which of the missing ones were meant
    for problem in sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden"):
        where = tuple(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = _known_keys(where[:-1])
            meant.add((*where[:-1], nearest_of(where[-1], known)))
            lines.append(f"{'.'.join(where)}: unknown key{nearest(where[-1], known)}")
        elif problem["type"] != "missing":
            lines.append(_describe(problem, content))
        elif where not in meant:
            lines.append(f"{'.'.join(where)}: missing")
    return lines


def _describe(problem: Any, content: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    value = _value_at(content, problem["loc"])
    secret = problem["loc"][:1] == ("monitoring",)  # whoever knows such a URL may report in our name
    shown = "" if secret or value is None or repr(value) in message else f" = {value!r}"
    return f"{key}{shown}: {message}" if key else message


def _value_at(content: Any, loc: tuple[int | str, ...]) -> object:
    for part in loc:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            break
    return content if isinstance(content, str | int | float) else None


def _known_keys(path: tuple[str, ...]) -> list[str]:
    sections: dict[str, type[Section]] = {
        "database": DatabaseSection, "sessions": SessionsSection, "accounts": AccountsSection,
        "policy": PolicySection, "reasons": ReasonSection, "ledger": LedgerSection,
        "logging": LoggingSection, "audit": AuditSection, "monitoring": MonitoringSection,
    }  # fmt: skip
    section = sections.get(path[0], Settings) if path else Settings
    return [field.alias or name for name, field in section.model_fields.items()]
