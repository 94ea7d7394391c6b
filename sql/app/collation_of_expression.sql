-- Reads the COLLATE clause for a text expression of the mapping: the database's own collation where it has none. Reads
-- no row.
SELECT ' COLLATE ' || coalesce((
           SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname)
           FROM pg_catalog.pg_collation AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
           WHERE c.oid = pg_catalog.pg_collation_for((
               SELECT v.value
               FROM {table} AS {alias}
               CROSS JOIN LATERAL (SELECT {expression} AS value) AS v
               LIMIT %(no_rows)s::bigint
           ))::regcollation::oid
       ), 'pg_catalog."default"') AS collation
