-- Lists some sessions of each successful status: the first that the server finds, so that it reads no more.
{if by_account}
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE {status} {status_eq} ANY ({succeeded})
LIMIT 1000
{else}
SELECT found.session_id::text AS session_id{if bounded},
       found.started_at::text AS started_at,
       extract(epoch FROM found.started_at)::float8 AS epoch{end}
FROM pg_catalog.unnest({succeeded}) AS listed (status)
CROSS JOIN LATERAL (
    SELECT {session_id} AS session_id{if bounded},
           {started_at} AS started_at{end}
    FROM {sessions} AS s
    WHERE {status} {status_eq} listed.status
    LIMIT 200
) AS found
LIMIT 1000
{end}
