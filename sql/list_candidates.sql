-- Lists the ids of the next failed or running sessions, owed or not, when a page fails on one row's expression:
-- nothing but the key and the place in the order is read, so that the row can be found by halving. What is on
-- hold because nobody can tell which attempt it is stands in nobody's way.
SELECT v.session_id::text AS session_id,
       v.started_at::text AS started_at,
       EXISTS (
           SELECT
           FROM {holds} AS h
           WHERE h.session_id = v.session_id AND h.why = 'refused' AND h.ended_at IS NULL
       ) AS on_hold
{include reading}
WHERE {include in_scope}
  AND (
      %(look_again)s::boolean
      OR NOT EXISTS (
          SELECT
          FROM {holds} AS h
          WHERE h.session_id = v.session_id AND h.attempt = {include unknown_attempt} AND h.ended_at IS NULL
      )
  )
ORDER BY v.started_at, v.session_id
LIMIT %(page_size)s::bigint
