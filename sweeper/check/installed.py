"""Whether the mapping and the index are as `install` left them, and what its tables record of past runs."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sweeper.app.catalog import Table
from sweeper.app.mapping import Mapping
from sweeper.check.context import CheckContext
from sweeper.check.protections import replaced_live_function
from sweeper.check.result import Check, failure, ok, warning
from sweeper.core.durations import describe_duration
from sweeper.install.indexes.indexes import live_index_name, unconditional_index_name
from sweeper.install.indexes.partition_indexes import parts_of
from sweeper.install.installed_mapping import renamed_statuses, require_same_key, require_same_tables, what_changed
from sweeper.install.own_ledger.restored_tables import are_app_tables_restored
from sweeper.install.own_ledger.shared_guards import require_alone
from sweeper.install.state import Installation
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Row
from sweeper.sweep.app_changes import require_own_ids
from sweeper.sweep.horizon import policy_digest, usable_horizon
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.selection import Selection

_LATE = timedelta(days=1)
# below this many rows the planner is right to read the whole table
_PLAN_MATTERS_ROWS = 100_000


def check_installed(context: CheckContext) -> Iterator[Check]:
    """Whether the mapping in the file is the installed one."""
    installation = context.installation
    if installation is None or not installation.fingerprint:
        yield failure(f"sweeper is not installed (schema {context.mapping.schema})", "sweeper install")
    elif not installation.is_current:
        yield failure("an older version is installed: its tables are checked after the upgrade", "sweeper install")
    elif context.missing:
        yield failure(context.missing, "see the message")
    elif installation.fingerprint != context.mapping.fingerprint:
        with context.reading() as transaction:
            require_same_key(transaction, context.mapping, installation)
        yield failure(what_changed(context.mapping, installation), "sweeper install")
    elif renamed := renamed_statuses(context.mapping, installation):
        yield failure(
            f"{', '.join(renamed)}: values of the status were renamed to each other since the index was "
            "built, which misses sessions now",
            "sweeper install",
        )
    else:
        with context.reading() as transaction:
            require_same_key(transaction, context.mapping, installation)
            require_same_tables(transaction, context.mapping, installation)
            require_alone(transaction, context.mapping, installation.bound, installation.guard_index)
            require_own_ids(OwedReader(transaction, context.mapping, scope(context)))
        yield from _same_age(context.mapping, installation)


def _same_age(mapping: Mapping, installation: Installation) -> Iterator[Check]:
    bound = installation.bound
    if bound is None or not are_app_tables_restored(mapping, bound, installation.ledger_oid):
        yield _with_names(mapping)
        return
    yield warning(
        f"{mapping.sessions.qualified} and the accounts are other tables than before, and those in schema "
        f"{mapping.schema} are not: if a dump of the app's was put back, what was refunded since it was made is not in "
        "its balances, and counts as refunded. Put the schema back from the same dump",
        "sweeper install  # if both were copied, and nothing was lost",
    )


def _with_names(mapping: Mapping) -> Check:
    installed = f"schema {mapping.schema}, with this mapping"
    names = mapping.slots["outer_names"]
    if not names:
        return ok(installed)
    return warning(
        f"{installed}; {names}: a bare name in a subquery, which means a column outside of it as long as no table in "
        f"it has one. Then neither runs nor {mapping.schema}.refund() would pay",
        "write s.NAME, refund.NAME, or the alias of its table, then sweeper install",
    )


def scope(context: CheckContext) -> Selection:
    """The sessions that a run would look at."""
    assert context.installation is not None  # noqa: S101 - these checks only run for an installation
    floor = context.installation.floor(context.settings.policy)
    return Selection.of_run(context.settings, context.as_of, floor)


def check_index(context: CheckContext, installation: Installation) -> Iterator[Check]:
    """Whether the index of live sessions is there, and whether the planner uses it."""
    name, sessions = installation.live_index, context.mapping.sessions
    if name is None and sessions.partition_key is None:
        yield _no_index(context)
        return
    if name is None:  # as for partitioned sessions before they got one
        yield warning("none on live sessions: each run reads the whole table", "sweeper install")
        return
    if replaced := replaced_live_function(context):
        yield replaced
        return
    with context.reading() as transaction:
        found = transaction.rows(fill("read_index", {}), {"name": name})
        parts, without = (frozenset({name.rpartition(".")[2].strip('"')}), tuple[str, ...]())
        if sessions.partition_key is not None:
            parts, without = parts_of(transaction, sessions.oid, name)
        if unusable := _unusable(context, name, found[0] if found else None, without):
            yield unusable
            return
        if name == unconditional_index_name(context.mapping):
            small = found[0].rows < _PLAN_MATTERS_ROWS
            yield _no_index(context, "; one of all sessions by their start is in place", small=small)
            return
        if name != live_index_name(context.mapping):
            yield warning(
                f"{name} is not the one that this mapping would have: each run reads more than it must",
                "sweeper install",
            )
            return
        if found[0].rows < _PLAN_MATTERS_ROWS:
            yield ok(f"in place{_of_partitions(sessions)}; the table is small")
            return
        binds = {**scope(context).binds, "page_size": context.settings.policy.batch_size}
        plan = transaction.row(context.mapping.statement("explain_find"), binds)[0]
    if parts & _indexes_of(plan):
        yield ok(f"in place{_of_partitions(sessions)}, and the planner uses it")
    else:
        yield warning(
            f"the planner does not use {name}: each run reads more than it must",
            f"ANALYZE {context.mapping.sessions.qualified};",
        )


def _unusable(context: CheckContext, name: str, found: Row | None, without: Sequence[str]) -> Check | None:
    """What keeps runs from finding sessions by the index, or the app from writing them."""
    if found is None or not found.valid:
        what = "not valid: its build was not completed" if found else "missing"
        what += f" ({', '.join(without[:3])} of the partitions have none)" if found and without else ""
        return failure(f"{name} is {what}; each run reads the whole table", "sweeper install")
    if found.denied:
        return failure(
            f"who writes to {context.mapping.sessions.qualified} needs to execute {found.denied}, and a role may not",
            f"GRANT EXECUTE ON FUNCTION {found.denied} TO PUBLIC;",
        )
    return None


def _no_index(context: CheckContext, instead: str = "", *, small: bool = False) -> Check:
    reads = not context.mapping.status.of_row
    other = "reads other tables" if reads else "calls a function that is not immutable or may read tables"
    said = f"none of failed and running sessions: sessions.status {other}{instead}"
    if small:
        return ok(f"{said}; the table is small")
    return warning(
        f"{said}. A run reads the status of each session from the horizon on, a full sweep of each from the floor on",
        "map a column of the sessions, or an immutable expression over their rows alone, to sessions.status",
    )


def _of_partitions(sessions: Table) -> str:
    if sessions.partition_key is None:
        return ""
    return " on every partition; one that comes gets it with CREATE TABLE PARTITION OF or ATTACH PARTITION"


def _indexes_of(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return {name for part in plan for name in _indexes_of(part)}
    if isinstance(plan, dict):
        inside = {name for part in plan.values() for name in _indexes_of(part)}
        return inside | ({plan["Index Name"]} if "Index Name" in plan else set())
    return set()


def check_migrations(context: CheckContext) -> Iterator[Check]:
    """Whether the app can change the type of its status column despite the index and the fence."""
    slots, status = context.mapping.slots, context.settings.sessions.status
    name = context.installation.live_index if context.installation else None
    with context.reading() as transaction:
        fences = transaction.rows(fill("list_fences", {}), {"schema_name": context.mapping.schema})
        index = transaction.rows(fill("read_index", {}), {"name": name}) if name else []
    if context.mapping.status.column is None:
        yield ok("before a column is changed that sessions.status reads: sweeper install --release; after it: install")
        return
    in_the_way = ["fence"] if any(fence.names_status for fence in fences) else []
    if index and index[0].valid and slots["live_function"] not in slots["live_condition"]:
        in_the_way.append("index")
    if in_the_way:
        yield warning(
            f"the {' and the '.join(in_the_way)} of an earlier installation would make a migration fail "
            f"that changes the type of {status}",
            "sweeper install",
        )
    elif slots["live_function"]:
        yield ok(f"the app can change the type, the values and the name of {status}")
    else:
        yield ok(f"before the type of {status} is changed: sweeper install --release; after it: install")


def check_horizon(context: CheckContext, installation: Installation) -> Iterator[Check]:
    """Where the next run starts."""
    policy = context.settings.policy
    digest = policy_digest(policy, installation.floor(policy))
    horizon = usable_horizon(installation, digest, context.as_of)
    if policy.since is not None and policy.since > context.as_of:
        yield warning(
            f"policy.since lies {describe_duration(policy.since - context.as_of)} ahead: no session that started "
            "before that is refunded",
            "policy.since: a moment in the past",
        )
    elif horizon is not None:
        yield ok(f"everything older than {describe_duration(context.as_of - horizon.start)} is settled")
    elif installation.horizon is None:
        yield ok("none yet: a run starts at the floor")
    else:
        yield ok("the next run starts at the floor: a day has passed, or the policy has changed")


def check_books(context: CheckContext) -> Iterator[Check]:
    """Open holds, and the last complete run over everything."""
    with context.reading() as transaction:
        row = transaction.row(context.mapping.statement("read_books"), {"as_of": context.as_of})
    if row.holds:
        waiting = "1 session on hold waits" if row.holds == 1 else f"{row.holds} sessions on hold wait"
        yield warning(
            f"{waiting} for a decision, the oldest for {describe_duration(context.as_of - row.oldest_hold)}",
            "sweeper run --dry-run shows them; then sweeper run --session ID, with --max-amount N for a larger one, or "
            "sweeper adopt --session ID --amount 0 --reason TEXT to waive it",
            "holds",
        )
    else:
        yield ok("none", "holds")
    if row.last_success is None and row.last_outcome is None:
        yield ok("none yet", "last_run")
    elif row.last_success is None or context.as_of - row.last_success > _LATE:
        raised = ", with --max-refunds N or --max-credits N where the refunds are genuine"
        again = f"sweeper run{raised if row.last_outcome == 'capped' else ''}"
        when = "never" if row.last_success is None else f"{describe_duration(context.as_of - row.last_success)} ago"
        yield warning(f"the last completed run: {when}; the last of all: {row.last_outcome}", again, "last_run")
    else:
        yield ok(f"{describe_duration(context.as_of - row.last_success)} ago", "last_run")
