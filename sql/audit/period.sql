-- period: the refunds of a period, in total and by reason, layer and UTC day. Reads only the ledger, so that the result
-- stays the same whatever happens to the sessions later. Callers choose reasons and layers: all but the 50 most
-- frequent are added up in one line.
SELECT counted.kind,
       CASE WHEN counted.kind = 'day' OR counted.rank <= 50 THEN counted.name ELSE '(others)' END AS name,
       pg_catalog.sum(counted.sessions)::bigint AS sessions,
       pg_catalog.sum(counted.credits)::text AS credits
FROM (
    SELECT grouped.*,
           pg_catalog.row_number() OVER (PARTITION BY grouped.kind ORDER BY grouped.sessions DESC, grouped.name) AS rank
    FROM (
        SELECT CASE grouping(r.reason, r.layer, r.day)
                   WHEN 3 THEN 'reason' WHEN 5 THEN 'layer' WHEN 6 THEN 'day' ELSE 'all'
               END AS kind,
               coalesce(r.reason, r.layer, r.day::text) AS name,
               coalesce(pg_catalog.sum(r.sessions), 0) AS sessions,
               coalesce(pg_catalog.sum(r.amount), 0) AS credits
        FROM (
            -- grouped once: four totals of few groups are quick, and Citus computes no GROUPING SETS on its nodes
            SELECT r.reason,
                   r.layer,
                   (r.created_at AT TIME ZONE 'UTC')::date AS day,
                   pg_catalog.count(*) AS sessions,
                   pg_catalog.sum(r.amount) AS amount
            FROM {refunds} AS r
            WHERE {include in_period}
              AND r.layer <> 'adopted'
            GROUP BY 1, 2, 3
            OFFSET 0
        ) AS r
        GROUP BY GROUPING SETS ((), (r.reason), (r.layer), (r.day))
    ) AS grouped
) AS counted
GROUP BY 1, 2
ORDER BY kind, CASE WHEN counted.kind = 'day' THEN pg_catalog.min(counted.name) END, pg_catalog.min(counted.rank)
