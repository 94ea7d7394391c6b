-- Finds when the earliest session started that has a charge in the app's books. Sent only where a session without one,
-- that is in no ledger and not on hold, is older than any with one. The parts are evaluated one after another, and most
-- often the second, which stops at the first charge that it finds, is the last.
WITH sweeper_oldest AS MATERIALIZED (
    SELECT pg_catalog.min(v.started_at) AS started_at
    {include unrefunded}
      AND v.charged::{charged_type} IS NULL
      AND pg_catalog.isfinite(v.started_at)
      AND (%(look_again)s::boolean OR NOT {include on_hold})
),
sweeper_live AS MATERIALIZED (
    SELECT v.started_at
    {include live_reading}
    WHERE {include is_live}
      AND v.started_at >= (SELECT o.started_at FROM sweeper_oldest AS o)
      AND v.charged IS NOT NULL
    ORDER BY v.started_at
    LIMIT 1
)
SELECT CASE
           WHEN (SELECT o.started_at FROM sweeper_oldest AS o) IS NULL THEN NULL
           WHEN EXISTS (
               SELECT{if by_account} true AS earlier{end}
               {include reading}
               WHERE v.started_at < (SELECT o.started_at FROM sweeper_oldest AS o)
                 AND v.charged IS NOT NULL
               {if by_account}
               LIMIT 1
               {end}
           ) THEN NULL
           ELSE least(
               (SELECT l.started_at FROM sweeper_live AS l),
               (
                   SELECT pg_catalog.min(v.started_at)
                   {include reading}
                   WHERE v.started_at >= (SELECT o.started_at FROM sweeper_oldest AS o)
                     AND v.started_at < coalesce((SELECT l.started_at FROM sweeper_live AS l), 'infinity')
                     AND v.charged IS NOT NULL
               )
           )
       END::timestamptz AS first_charge
