"""Whether the protections that `install` put into the database are intact, and which hooks there are."""

from collections.abc import Iterator, Sequence

from sweeper.app.search_path import mapped_tables
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.times.running import not_moving, read_heartbeat
from sweeper.check.result import Check, failure, ok, warning
from sweeper.install.functions import has_fence
from sweeper.install.hooks import Hook, read_hooks
from sweeper.install.protections import Protections, read_protections
from sweeper.postgres.templates import fill

_OTHER_THAN_NOW = "not what this program installs for this file: replaced, of an older version, or of another mapping"
_NO_INHERIT = "ALTER TABLE {} NO INHERIT {};"


def check_append_only(context: CheckContext) -> Iterator[Check]:
    """Whether the tables of refunds and reversals reject every change."""
    found = _read(context)
    before = [hook for hook in _hooks(context) if hook.before]
    off = [name for name, stands in found.append_only.items() if not stands]
    if off:
        yield failure(
            f"{', '.join(off)} can be edited: its trigger is missing, off, not ALWAYS, or another one",
            "sweeper install",
        )
    elif not found.intact("reject_change"):
        yield failure("the function that rejects a change of refunds was replaced", "sweeper install")
    elif found.children:
        listed = ", ".join(f"{child} (of {table})" for child, table in found.children.items())
        yield failure(
            f"tables inherit from sweeper's: {listed}; their rows pass for refunds and can be edited",
            "\n".join(_NO_INHERIT.format(*one) for one in found.children.items()),
        )
    elif before:
        listed = ", ".join(f"{hook.name} on {hook.table}" for hook in before)
        yield failure(
            f"{listed} fires before the row is written, and could drop or change it: a hook is AFTER INSERT",
            "\n".join(hook.drop for hook in before),
        )
    else:
        yield ok("refunds and reversals reject every change, their owner's too")


def replaced_live_function(context: CheckContext) -> Check | None:
    """A function of the index on live sessions that chooses others than this program's: those are never looked at."""
    function = context.mapping.slots["live_function"]
    name = function.rpartition(".")[2]
    found = _read(context)
    if not function or name not in found.names or found.intact(name):
        return None
    return failure(
        f"the function {function} was replaced: a run may not look at failed or running sessions",
        f"DROP FUNCTION {function} CASCADE;  -- and its index; then: sweeper install",
    )


def check_refund_function(context: CheckContext) -> Iterator[Check]:
    """Whether refund() is the function that this version installs, which pays as a run does."""
    found = _read(context)
    stale = [signature for signature in found.others if ".refund(" in signature or signature.startswith("refund(")]
    if "refund" not in found.names:
        yield failure("refund() is missing: the app's own layers cannot refund", "sweeper install")
    elif not found.intact("refund"):
        yield failure(f"refund() is {_OTHER_THAN_NOW} or max_amount", "sweeper install")
    elif stale:
        drops = "\n".join(f"DROP FUNCTION {signature};" for signature in stale)
        yield failure(f"besides refund() there is {', '.join(stale)}", drops)
    elif denied := _denied(context, "refund", mapped_tables(context.settings), "each call of refund() fails"):
        yield denied
    else:
        yield ok("in place, and the one of this program and this file")


def check_fence(context: CheckContext) -> Iterator[Check]:
    """Whether the fence is as it was asked for; without it a slow worker could finish a refunded session."""
    if why := context.mapping.without_fence:
        yield warning(
            f"none: {why}; a slow worker may finish a session that was refunded",
            "let the worker lock the session's row and look at it before it finishes",
        )
        return
    found = _read(context) if context.installation else None
    if found is not None and found.fence_wanted:
        yield _asked_for(found) or _in_place(context)
        return
    with context.reading() as transaction:
        fenced = has_fence(transaction, context.mapping)
    if fenced:
        yield _in_place(context)
    elif not context.settings.sessions.running:
        yield ok("none; no session runs")
    elif context.settings.sessions.stuck_at is not None:
        yield ok("none; a running session is stuck when its own deadline has passed")
    elif (heartbeat := read_heartbeat(context)).seen:
        yield ok("none; a heartbeat distinguishes a stuck session from a slow one")
    elif heartbeat.mapped and not heartbeat.doubted:
        yield ok("none; active_at was not seen to move yet, for no session has run for 10 minutes")
    elif heartbeat.mapped:
        yield warning(
            f"no fence, and active_at = {context.settings.sessions.active_at!r} was not seen to move: "
            f"{not_moving(heartbeat)}; a slow session looks like a stuck one, and its worker may finish what was "
            "refunded",
            "sweeper install --fence adds a trigger to the app's table; or map what moves while the work goes on to "
            "sessions.active_at",
        )
    else:
        yield warning(
            "no fence and no heartbeat: a slow session looks like a stuck one, and its worker may finish "
            "what was refunded",
            "sweeper install --fence adds a trigger to the app's table; or map a heartbeat to sessions.active_at",
        )


def _asked_for(found: Protections) -> Check | None:
    if not found.fence_trigger:
        return failure(
            "lost: `install --fence` put it on the table of sessions, and it is not there (was the table "
            "swapped for another?)",
            "sweeper install --fence",
        )
    if not found.fence_enabled:
        return failure("switched off: its trigger is disabled", "sweeper install --fence")
    if not (found.fence_stands and found.intact("fence")):
        return failure(f"the fence is {_OTHER_THAN_NOW}", "sweeper install --fence")
    return None


def _denied(context: CheckContext, function: str, tables: Sequence[str], what_then: str) -> Check | None:
    """What the owner of refund() or of the fence may not read, though the function runs with its rights."""
    slots = context.mapping.slots
    names = [*tables, slots["refunds"], slots["reversals"]]
    binds = {"schema_name": context.mapping.schema, "function_name": function, "names": names}
    with context.reading() as transaction:
        rows = transaction.rows(fill("list_denied_owners", {}), binds)
    if not rows:
        return None
    owner = rows[0].owner
    message = (
        f"{what_then}: its owner {owner} may not read {', '.join(row.table_name for row in rows)}, or not all rows"
    )
    if all(row.hidden for row in rows):
        return failure(message, f"ALTER ROLE {owner} BYPASSRLS;")
    return failure(message, f"the rights that `sweeper install --print` lists for the owner of refund(), to {owner}")


def _in_place(context: CheckContext) -> Check:
    """The fence is there; whether its owner can read, and a session that changes its partition as it ends passes."""
    if denied := _denied(context, "fence", [context.settings.sessions.table], "lets every update pass"):
        return denied
    own, sessions = context.settings.sessions, context.mapping.sessions
    written = [own.ended_at, own.active_at, own.failed_at, own.stuck_at, *own.close]
    columns = [sessions.column(name) for name in written if name]
    changing = {column.name for column in columns if column} - {getattr(sessions.column(own.started_at), "name", "")}
    if moving := sorted(changing & {*sessions.tree_columns}):
        return warning(
            f"in place, but the sessions are partitioned by {', '.join(moving)}: an UPDATE that changes it, "
            "and so moves a session to another partition, passes; a slow worker may finish what was refunded",
            "let the worker lock the session's row and look at it before it finishes",
        )
    return ok("in place: a refunded session can neither go on nor succeed")


def check_hooks(context: CheckContext) -> Iterator[Check]:
    """Which triggers of the app do more with each refund, and whether they fire."""
    hooks = [hook for hook in _hooks(context) if not hook.before]
    off = [hook for hook in hooks if not hook.enabled]
    if off:
        listed = ", ".join(f"{hook.name} on {hook.table}" for hook in off)
        yield warning(
            f"switched off: {listed}; what it does for a refund is not done",
            "\n".join(f"ALTER TABLE {context.mapping.slots[hook.table]} ENABLE TRIGGER {hook.name};" for hook in off),
        )
    elif hooks:
        listed = ", ".join(f"{hook.name} on {hook.table} ({hook.function})" for hook in hooks)
        yield ok(f"the app's own triggers on sweeper's ledger: {listed}")
    else:
        yield ok("the app has no trigger of its own on sweeper's ledger")


def check_moves(context: CheckContext) -> Iterator[Check]:
    """Whether a refund writes anything that can be compared before it commits."""
    mapping = context.mapping
    if mapping.has_accounts or mapping.ledger:
        parts = (("a balance", mapping.has_accounts), ("a row of the app's ledger", mapping.ledger is not None))
        yield ok(f"each refund is compared with {' and '.join(what for what, there in parts if there)}")
        return
    hooked = context.installation is not None and any(hook.works for hook in _hooks(context))
    what = "the session and what your triggers on its ledger do" if hooked else "the session alone"
    yield warning(
        f"a refund changes {what}: the file has neither [accounts] nor [ledger], so sweeper compares nothing",
        "nothing, where closing a session is its refund; else map [accounts] or [ledger], or create a trigger AFTER "
        f"INSERT on {mapping.slots['refunds']}",
    )


def _hooks(context: CheckContext) -> tuple[Hook, ...]:
    with context.reading() as transaction:
        return read_hooks(transaction, context.mapping)


def _read(context: CheckContext) -> Protections:
    with context.reading() as transaction:
        return read_protections(transaction, context.mapping, max_amount=context.settings.policy.max_amount)
