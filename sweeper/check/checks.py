"""All checks in order, from the file to the rows; a failed step ends the checks that depend on it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from sweeper.app.mapping import read_mapping
from sweeper.app.search_path import require_own_schema
from sweeper.check import guard, installed, policy, protections, rows, triggers
from sweeper.check.context import CheckContext, not_checked, reading
from sweeper.check.exposure import check_grants, check_other_tables, check_search_path
from sweeper.check.rehearsal.rehearse import rehearse
from sweeper.check.result import Check, CheckResult, Status, failure, ok, with_name
from sweeper.check.rights import check_rights, denied, merged
from sweeper.check.server import check_server, read_server
from sweeper.config.model import PolicySection, Settings
from sweeper.core.errors import SweeperError
from sweeper.install.checks import check_writes
from sweeper.install.ledger_link import check_link
from sweeper.install.own_ledger.missing_tables import find_missing
from sweeper.install.state import read_installation
from sweeper.install.surroundings import Surroundings
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, TooSlow
from sweeper.postgres.retries import retrying

_PROTOCOL_VIOLATION = "08P01"
_OF_ANY_MAPPING = (
    ("other_tables", check_other_tables),
    ("fence", protections.check_fence),
    ("moves", protections.check_moves),
    ("unlogged", triggers.check_unlogged),
    ("rules", triggers.check_rules),
    ("triggers", triggers.check_triggers),
    ("migrations", installed.check_migrations),
    ("grace", policy.check_grace),
)


def check(database: Database, settings: Settings | SweeperError, *, as_of: datetime, asked_at: float) -> CheckResult:
    """Check everything that a run depends on; ``settings`` is the error when the file cannot be used."""
    # from the start if the connection was lost: all of it only reads
    return retrying(lambda: CheckResult(as_of, tuple(merged(list(_check(database, settings, as_of, asked_at))))))


def _check(database: Database, settings: Settings | SweeperError, as_of: datetime, asked_at: float) -> Iterator[Check]:
    if isinstance(settings, SweeperError):
        fixes = {"no_config": "sweeper init", "open_questions": "answer each question in the file"}
        yield failure(settings.message, fixes.get(settings.code, "fix the file"), "file")
    else:
        yield ok("valid, without open questions", "file")
    try:
        server, pooled = retrying(partial(read_server, database), attempts=1)
    except SweeperError as error:
        yield _unusable(error)
        return
    skew = (settings.policy if isinstance(settings, Settings) else PolicySection()).max_clock_skew
    yield from check_server(server, pooled=pooled, as_of=as_of, asked_at=asked_at, max_clock_skew=skew)
    if isinstance(settings, SweeperError):
        return
    schemas = [*database.default_schemas, *server.schemas]
    surroundings = Surroundings(tuple(schemas), server.server_version, server.standby, server.clock)
    yield from _check_mapped(database, settings, surroundings, server.role_as_sql, as_of)


def _unusable(error: SweeperError) -> Check:
    if _PROTOCOL_VIOLATION in error.message:
        return failure(
            f"{error.message}: a pooler in statement mode allows no transactions",
            "name a pooler in transaction or session mode in SWEEPER_DATABASE_URL, or the server itself",
            "pooler",
        )
    if error.code == "unsupported_server":
        return failure(error.message, "name a Postgres in SWEEPER_DATABASE_URL", "version")
    return failure(error.message, "fix SWEEPER_DATABASE_URL, or the server", "connection")


def _check_mapped(
    database: Database, settings: Settings, surroundings: Surroundings, role: str, as_of: datetime
) -> Iterator[Check]:
    schema = settings.database.schema_
    try:
        with reading(database) as transaction:
            require_own_schema(transaction, settings)
            installation = read_installation(transaction, schema)
    except SweeperError as error:
        yield from _not_let_in(database, settings, surroundings, role, error)
        return
    search_path = (installation and installation.search_path) or surroundings.search_path(schema)
    rights = check_rights(database, settings, role, search_path)
    yield from rights
    if any(check.name == "row_security" and check.status is Status.FAILURE for check in rights):
        return  # everything after this would be refused
    path = check_search_path(database, settings, search_path)
    yield path
    if path.status is Status.FAILURE:
        return  # a planted function would run here, too: from here on the app's SQL is planned
    found: list[CheckContext] = []

    def map_it() -> Iterator[Check]:
        timezone = settings.sessions.timezone
        with reading(database, search_path, timezone) as transaction:
            mapping = read_mapping(transaction, settings, search_path)
            check_writes(transaction, mapping)
            check_link(transaction, mapping, settings.ledger)
            missing = find_missing(transaction, mapping) if installation and installation.is_current else ""
        found.append(CheckContext(database, settings, mapping, installation, role, as_of, missing=missing))
        yield ok("fits the tables of this database")

    yield from _run_check(database, role, "mapping", map_it)
    if found:
        yield from _check_installed(found[0], may_pay=rights[0].status is Status.OK)
        for name, look in _OF_ANY_MAPPING:
            yield from _run_check(database, role, name, partial(look, found[0]))
        if installation is None or installation.is_current:  # what past runs refunded is in tables of another form
            yield from rehearse(_for_rehearsal(found[0]))


def _for_rehearsal(context: CheckContext) -> CheckContext:
    """The context for a database where sweeper may have no tables yet, and so has refunded nothing."""
    installed = context.installation is not None and context.installation.fingerprint
    return context if installed and not context.missing else replace(context, mapping=context.mapping.before_install())


def _not_let_in(
    database: Database, settings: Settings, surroundings: Surroundings, role: str, error: SweeperError
) -> list[Check]:
    if error.code == "search_path":
        return [check_search_path(database, settings, surroundings.search_path(settings.database.schema_))]
    if error.code != "privilege":
        return [failure(error.message, "update the program" if error.code == "newer_schema" else "", "installed")]
    lacking = check_rights(database, settings, role, surroundings.search_path(settings.database.schema_))
    return lacking if lacking[0].status is Status.FAILURE else [denied(database, error, role)]


def _check_installed(context: CheckContext, *, may_pay: bool) -> Iterator[Check]:
    installation = context.installation
    looks: dict[str, Callable[[], Iterator[Check]]] = {"installed": partial(installed.check_installed, context)}
    if installation is None:
        looks["guard"] = partial(guard.check_guard_before_install, context)
    elif context.reads_own_tables:
        looks |= {
            "guard": partial(guard.check_guard, context, installation, may_pay=may_pay),
            "index": partial(installed.check_index, context, installation),
            "horizon": partial(installed.check_horizon, context, installation),
            "books": partial(installed.check_books, context),
            "amounts": partial(rows.check_amounts, context),
            "uncharged": partial(rows.check_uncharged, context),
            "future_times": partial(rows.check_future_times, context),
            "grants": partial(check_grants, context),
            "append_only": partial(protections.check_append_only, context),
            "refund_function": partial(protections.check_refund_function, context),
            "hooks": partial(protections.check_hooks, context),
        }
    for name, look in looks.items():
        yield from _run_check(context.database, context.role, name, look)


def _run_check(database: Database, role: str, name: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks that ``look`` yields; if it fails, one with the reason, such as a privilege that is missing."""
    try:
        found = list(look())
    except (Busy, TooSlow) as problem:
        found = [not_checked(problem)]
    except Refusal as refusal:  # not its message, which may repeat a row
        found = [failure(f"the database refuses to read it (SQLSTATE {refusal.sqlstate})", "fix the mapping")]
    except SweeperError as error:
        found = [denied(database, error, role) if error.code == "privilege" else failure(error.message, _fix_of(error))]
    return with_name(name, found)


def _fix_of(error: SweeperError) -> str:
    if error.code in ("not_installed", "mapping_changed", "guard_missing"):
        return "sweeper install"
    return "fix the mapping, then: sweeper install" if error.code == "mapping" else "see the message"
