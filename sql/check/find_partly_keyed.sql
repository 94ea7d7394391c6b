-- Finds which of some sessions have a row in another table that agrees with them in the column that the file compares,
-- and not in another column of the same foreign key.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE {include chosen}
  AND EXISTS (
      SELECT
      FROM {table} AS l
      WHERE l.{column} {column_eq} s.{link}::{column_type}
        AND NOT l.{other_column} {other_column_eq} s.{other_link}::{other_column_type}
  )
