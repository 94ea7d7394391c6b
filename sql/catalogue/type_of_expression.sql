-- Names the type of one expression of the mapping (a domain counts as the type beneath it); reads no row.
SELECT pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), -1) AS type
FROM pg_catalog.pg_type AS t
WHERE t.oid = pg_typeof((SELECT {expression} FROM {table} AS {alias} LIMIT 0))::oid
