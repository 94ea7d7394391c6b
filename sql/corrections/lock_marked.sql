-- lock marked: where taking a refund back sets columns of its session, locks the sessions of some refunds, before their
-- accounts, as every layer should.
SELECT pg_catalog.count(*) AS sessions
FROM (
    SELECT
    FROM {sessions} AS s
    WHERE {session_id} {session_eq} ANY (ARRAY(SELECT pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[])))
      {include sessions_here}
    ORDER BY {session_id}
    FOR NO KEY UPDATE
) AS locked
