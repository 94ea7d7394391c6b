-- Which rows of the table of sessions, s, a batch may touch, where that is partitioned: between the starts of its own
-- sessions, so that the other partitions are left out; and from the floor on, where before it another session may have
-- one of these ids.
{if bounded}
AND (
    %(first_start)s::{started_type} IS NULL
    OR {started_at} >= %(first_start)s::{started_type} AND {started_at} <= %(last_start)s::{started_type}
)
{end}
{if shared_ids}
AND ({include from_floor})
{end}
