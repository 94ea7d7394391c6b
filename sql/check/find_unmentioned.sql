-- Of some sessions whose numbers rows about something else have, those that no row of a kind about sessions names, be
-- it as old as the table.
SELECT given.id AS session_id
FROM pg_catalog.unnest(%(ids)s::text[]) AS given (id)
WHERE NOT EXISTS (
    SELECT FROM {table} AS l
    WHERE l.{kind_column} {kind_column_eq} ANY (%(kinds)s::text[]::{kind_column_type}[])
      AND l.{column} {column_eq} given.id::{column_type}
)
