-- survey: how many sessions are owed, for how many of them the credits cap has no room, and their credits. When asked
-- for what is payable, leaves out the sessions that a run would put on hold, and counts the new ones. Reads one
-- snapshot and locks nothing.
SELECT pg_catalog.count(*) FILTER (WHERE owed.hold_reason IS NULL) AS sessions,
       pg_catalog.count(*) FILTER (
           WHERE owed.hold_reason IS NULL AND NOT coalesce(owed.fits, false)
       ) AS over_budget,
       coalesce(pg_catalog.sum(owed.amount) FILTER (
           WHERE owed.hold_reason IS NULL AND owed.amount::numeric > 0::numeric AND owed.amount::numeric NOT IN ('NaN', 'Infinity')
       ), 0)::text AS credits,
       pg_catalog.count(*) FILTER (WHERE owed.hold_reason IS NOT NULL AND NOT owed.on_hold) AS to_hold
FROM (
    SELECT v.amount,
           ({include fits_budget}) AS fits,
           CASE WHEN %(payable)s::boolean THEN {include would_hold} END AS hold_reason,
           CASE WHEN %(payable)s::boolean THEN {include on_hold} END AS on_hold
    {include live_reading}
    WHERE {include is_live}
      AND {include near_reach}
      AND CASE WHEN {include in_scope} THEN {include verdict} = 'owed' END
      AND (%(settled)s::text[] IS NULL OR NOT v.session_id {session_eq} ANY (%(settled)s::text[]::{session_type}[]))
    {if by_account}
    {else}
    OFFSET 0  -- else each use would compute the reason of a hold again
    {end}
) AS owed
