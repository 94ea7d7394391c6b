-- survey: how many sessions are owed, how many of them the credits cap has no room for, and their credits.
-- Reads one snapshot and locks nothing.
SELECT pg_catalog.count(*) AS sessions,
       pg_catalog.count(*) FILTER (WHERE NOT coalesce(owed.fits, false)) AS over_budget,
       coalesce(pg_catalog.sum(owed.amount) FILTER (
           WHERE owed.amount > 0 AND owed.amount::numeric NOT IN ('NaN', 'Infinity')
       ), 0)::text AS credits
FROM (
    SELECT v.amount,
           ({include fits_budget}) AS fits
    {include reading}
    WHERE {include live_in_scope}
      AND CASE WHEN {include in_scope} THEN {include verdict} = 'owed' END
) AS owed
