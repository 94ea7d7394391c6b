-- Finds the statuses of some sessions since the floor, where no session is failed or running: in a few pages of the
-- table, whichever they are. Returns no row where one is.
SELECT coalesce(sampled.status, 'null') AS status,
       pg_catalog.count(*) AS sessions,
       pg_catalog.bool_or(sampled.known) AS known
FROM (
    SELECT {status}::text AS status,
           ({status} {status_eq} ANY ({live}) OR {status} {status_eq} ANY ({succeeded})) IS TRUE AS known,
           {include from_floor} AS from_floor
    FROM {sessions} AS s
    -- about 16 pages; a partitioned table has none of its own, so the first partition's
    TABLESAMPLE SYSTEM (least(100, 1600 * pg_catalog.current_setting('block_size')::float8 / greatest(
        1, pg_catalog.pg_relation_size({sessions_text}::regclass)
    )))
    -- in the order of the index, or the server would read the table for the first of its rows
    WHERE NOT EXISTS (
        SELECT FROM (
            SELECT {started_at} AS started_at
            FROM {sessions} AS s
            WHERE {live_condition}
            ORDER BY 1
            LIMIT 1
        ) AS live
    )
    LIMIT 1000
) AS sampled
WHERE sampled.from_floor
GROUP BY 1
ORDER BY 2 DESC, 1
