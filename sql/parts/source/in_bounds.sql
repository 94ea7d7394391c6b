-- Which rows of a partitioned sessions table, s, a batch may change: between the start times of its own sessions, so
-- that the other partitions are left out; and from the floor on, because another session before it may have one of
-- these ids.
{if bounded}
AND (
    %(first_start)s::{started_type} IS NULL
    OR {started_at} >= %(first_start)s::{started_type} AND {started_at} <= %(last_start)s::{started_type}
)
{end}
{if shared_ids}
AND ({include from_floor})
{end}
