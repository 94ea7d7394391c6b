-- Lists the ids of failed and running sessions that are not in sweeper's ledger, and one more than asked for where there
-- are many. While they are few, reading them alone is quicker than a scan of all: this needs only the index.
SELECT v.session_id::text AS session_id
{include live_reading}
WHERE {include audited}
  {include not_in_own_ledger}
-- a subquery, so that the planner does not expect to find so few early
LIMIT (SELECT %(page_size)s::bigint + 1)
