"""The names of statuses, also those that another table has for them; and how many of their sessions were refunded."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import names_by_oid, references
from sweeper.check.result import Check, failure, warning

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# words that change nothing about the others
_PLAIN = {"in", "is", "now", "still", "all", "fully", "job", "task", "work", "session", "run"}
_DONE = {"done", "complete", "completed", "success", "succeeded", "successful", "finished", "ready", "ok", "delivered",
         "published", "fulfilled", "used", "consumed"}  # fmt: skip
# work that waits for a worker may be called ready
_OVER = _DONE - {"ready", "ok", "published", "delivered"}
NOT_DONE = {"not", "un", "partially", "partial", "error", "errors", "failed", "failure", "fail", "without", "never",
            "empty", "no", "non", "nothing", "timeout", "timed", "crashed", "interrupted", "killed", "died", "oom",
            "broken", "exception"}  # fmt: skip
_GOES_ON = {"running", "processing", "working", "generating", "rendering", "executing", "uploading", "downloading",
            "transcoding", "sending", "queued", "enqueued", "progress", "begun", "started", "ongoing", "active", "open",
            "busy", "claimed", "retrying", "retryable"}  # fmt: skip
# by the queue, or by the customer
_UNSURE = {"retryable"}
# words for something other than the work or its result
_OF_ELSE = {"refund", "refunding", "cancel", "canceling", "cancelling", "retry", "billing", "payment", "for", "to",
            "upload", "input", "queue", "start", "run", "process", "review", "stuck", "stopped", "lost", "abandoned",
            "expired", "zombie", "dead", "stale", "circuit", "exhausted", "gave"}  # fmt: skip
_CALLED = re.compile(r"code|slug|name|key|status|state|value|label|title", re.IGNORECASE)
# fewer prove nothing; a status counts as refunded when the app refunded at least this part of it
ENOUGH, _PART = 3, 0.25


def words_of(name: str) -> set[str]:
    """The words in the name of a status."""
    return {word.lower() for word in _WORD.findall(name)}


def check_status_names(context: CheckContext, labels: Mapping[str, str]) -> Iterator[Check]:
    """A status in ``failed`` named like success or work that goes on, or in ``running`` named like an end.

    ``labels``: what statuses are called that are the keys of another table's rows.
    """
    own = context.settings.sessions
    for key, said, against, excuses in (
        ("failed", "that has succeeded", _DONE, NOT_DONE),
        ("running", "that has succeeded", _OVER, NOT_DONE | _OF_ELSE),
        ("failed", "that goes on", _GOES_ON, NOT_DONE | _OF_ELSE),
    ):
        for status in getattr(own, key):
            label = labels.get(str(status))
            words = words_of(label or str(status))
            if words & against and not words & excuses:
                right = "sessions.running" if against is _GOES_ON else "sessions.succeeded"
                why = "it is paid when it is stuck" if against is _GOES_ON else "nothing is owed for such a session"
                # others, such as in transcription_completed, may say that it is about a step of the work
                sure = words <= against - _UNSURE | _PLAIN
                told = f"sessions.{key} has {shown(status, label)}"
                yield (failure if sure else warning)(
                    "statuses", f"{told}, which is a name for work {said}" if sure else f"{told}: is that work {said}?",
                    f"{right}: {status!r}, when {why}",
                )  # fmt: skip
                if sure:
                    return


def shown(status: object, label: str | None) -> str:
    """A status as messages show it, with the label that another table has for it."""
    return f"{status!r} ({label})" if label else repr(status)


def labels_of_statuses(samples: Samples) -> dict[str, str]:
    """The name of each status; empty where the status is not a foreign key, or is a word itself."""
    mapping = samples.mapping
    status = mapping.sessions.column(samples.settings.sessions.status)
    if status is None:
        return {}
    tables = names_by_oid(samples)
    for row in references(samples, of=mapping.sessions):
        if row.column_name != status.name or row.target_oid not in tables:
            continue
        table = samples.table("table", tables[row.target_oid])
        key = table.columns.get(row.target_column)
        texts = [one for one in samples.readable(table) if one.category in ("S", "E") and one != key]
        texts = [one for one in texts if _CALLED.search(one.name)] or texts
        if key is None or not texts or key not in samples.readable(table):
            return {}
        slots = {"table": table.qualified, "key": key.quoted, "column": texts[0].quoted}
        return {label.value: label.label for label in samples.try_ask("list_status_names", slots)}
    return {}


@dataclass(frozen=True)
class StatusSample:
    """The sessions of one status: how many there are, and how many the app has refunded."""

    status: str
    sessions: int
    given_back: int
    refunded: Sequence[str]
    others: Sequence[str]
    label: str | None = None

    @property
    def called(self) -> str:
        """Its name: the label in another table, or the status itself."""
        return self.label or self.status

    @property
    def shown(self) -> str:
        """The status as messages show it."""
        return shown(self.status, self.label)

    @property
    def is_refunded(self) -> bool:
        """Whether the app refunds such sessions itself."""
        return self.given_back >= ENOUGH and self.given_back >= self.sessions * _PART
