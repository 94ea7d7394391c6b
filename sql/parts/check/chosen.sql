-- Which sessions a rehearsal reads: those that it has chosen; of a partitioned table only in the partitions that have
-- them.
{session_id} {session_eq} ANY ({if by_account}%(session_ids)s::text[]::{session_type}[]{else}ARRAY(SELECT pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[])){end})
{if bounded}
AND (
    %(first_start)s::{started_type} IS NULL
    OR {started_at} >= %(first_start)s::{started_type} AND {started_at} <= %(last_start)s::{started_type}
)
{end}
