-- Which sessions as they are read, v, a batch may change, by the bounds of `in_bounds`: beside v an expression of the app,
-- such as a bare name for its start, could mean a column of ours.
{if bounded}
AND (
    %(first_start)s::{started_type} IS NULL
    OR v.started_at >= %(first_start)s::{started_type} AND v.started_at <= %(last_start)s::{started_type}
)
{end}
{if shared_ids}
AND (
    v.started_at < {if zoned_starts}%(floor)s::timestamptz::{started_type}{else}(%(floor)s::timestamptz - interval '1 day')::{started_type}{end}
) IS NOT TRUE
{end}
