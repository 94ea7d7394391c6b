-- The session of a row, l, that a table of links ties to it; null where several share it, for which two links are enough.
(
    SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.min(k.session::text) END
    FROM (
        SELECT k.{session} AS session
        FROM {links} AS k
        WHERE k.{key} = l.{column}
        LIMIT 2
    ) AS k
)
