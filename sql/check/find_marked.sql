-- Finds which of some sessions have a certain column set: one that marks them as refunded, or has what they took of a
-- pool.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE {include chosen}
  AND {include is_marked}
