"""The time zone in which the app writes times without a zone."""

from sweeper.core.text import word_set
from sweeper.init.answers import Candidate, Line, unknown
from sweeper.init.evidence import Evidence
from sweeper.init.sessions.sessions import Session
from sweeper.init.sessions.times import find_started

_AHEAD_SECONDS = 120  # how far off a clock may be
_QUARTER, _DAY = 900, 14 * 3600
_UTC = word_set("UTC Etc/UTC GMT Etc/GMT UCT Universal Zulu Etc/UCT Etc/Universal Etc/Zulu")


def zone_lines(evidence: Evidence, session: Session) -> list[Line]:
    """How to read times without a zone: as UTC, unless the clock or the zone of the database contradicts that."""
    without = [column for column in session.table.columns if column.type == "timestamp without time zone"]
    if not without:
        return []
    started = find_started(session)
    column = started if started in without else without[0]
    looked = evidence.rows("draft_clock", session.table, at=f"s.{column.as_sql}")
    ahead, zone, gap = (int(looked[0][0]), str(looked[0][1]), int(looked[0][2])) if looked else (0, "UTC", 0)
    offset = _offset(ahead, gap)
    if not offset and ahead <= _AHEAD_SECONDS and zone in _UTC:
        return [Line("timezone", "UTC", "how columns without a time zone are read")]
    question = f"In which time zone are the times without one? The database's own is {zone}"
    if ahead > 0 or offset:
        question += f", and the newest {column.as_sql} is {abs(ahead) // 60} minutes "
        question += f"{'ahead' if ahead > 0 else 'behind'}, read as UTC"
    found = [Candidate("UTC", "what most frameworks write")]
    found += [] if zone == "UTC" else [Candidate(zone, "the database's own")]
    if offset:
        rows = evidence.rows("draft_zones", None, offset=str(offset))
        found += [Candidate(str(row[0]), "read there, the newest began just now") for row in rows]
    return [unknown("timezone", f"{question}.", found)]


def _offset(ahead: int, gap: int) -> int:
    """By how many seconds the app's clock differs from UTC, where its newest time says so: whole quarters of an hour.

    That time may also be old, but then it is older than ten times the interval between two.
    """
    offset = round(ahead / _QUARTER) * _QUARTER
    near = abs(ahead - offset) <= _AHEAD_SECONDS and offset and abs(offset) <= _DAY
    return offset if near and (ahead > 0 or -ahead > 10 * gap > 0) else 0
