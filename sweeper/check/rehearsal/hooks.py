"""What the app's own triggers on sweeper's refunds may write to, by the source of their functions.

A hook can do what the file does not say, and then a column that the file leaves alone is no fault. One that only sends
a message, or writes to some other table, does nothing of the kind.
"""

import re
from collections.abc import Collection, Sequence

from sweeper.app.catalog import without_literals
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.transaction import Row

_WORD = re.compile(r"\w+")
_WRITTEN = re.compile(
    r'\b(?:update|insert\s+into|delete\s+from|merge\s+into|copy)\s+(?:only\s+)?(?:(?:"[^"]+"|\w+)\s*\.\s*)?("[^"]+"|\w+)',
    re.IGNORECASE,
)
# dynamic SQL does not show its tables
_DYNAMIC = re.compile(r"\bexecute\b", re.IGNORECASE)


def hook_may_write(samples: Samples, tables: Collection[str]) -> bool:
    """Whether a hook, or what it calls, may write to one of the tables with these names."""
    written = written_by_hooks(samples)
    return written is None or bool(written & {name.lower() for name in tables})


def written_by_hooks(samples: Samples) -> set[str] | None:
    """The tables that hooks, and what they call, write to; None where that may be any."""
    return _written(samples.ask("list_hook_functions", {}, name=samples.refunds)) if samples.has_hook() else set()


def _written(functions: Sequence[Row]) -> set[str] | None:
    """The tables that hooks write to, including the functions that they call and the triggers that they fire.

    None where one of them could write to anything: in a language that is not read, by SQL that it puts together, or
    through a view.
    """
    words, written, left = set[str](), set[str](), list(functions)
    waiting = [row for row in left if row.is_hook]
    while waiting:
        for row in waiting:
            source = without_literals(row.source)
            if not row.readable or _DYNAMIC.search(source):
                return None
            words |= {word.lower() for word in _WORD.findall(source)}
            written |= {name.strip('"').lower() for name in _WRITTEN.findall(source)}
        left = [row for row in left if row not in waiting]
        waiting = [row for row in left if row.name.lower() in words or written & set(row.tables)]
    viewed = set(functions[0].views or ()) if functions else set()
    return None if written & viewed else written
