-- Counts how many of the newest refund rows of a ledger name a session and how many do not, and finds whether one
-- session has several.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.known) AS known,
       coalesce(pg_catalog.max(found.of_session) FILTER (WHERE found.known), 0) AS most
FROM (
    SELECT EXISTS (SELECT FROM {sessions} AS t WHERE t.{session_key} OPERATOR(pg_catalog.=) {typed}) AS known,
           pg_catalog.count(*) OVER (PARTITION BY line.link) AS of_session
    FROM (
        {include newest_links}
    ) AS line
) AS found
