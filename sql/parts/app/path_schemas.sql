-- The schemas of the search path. Sweeper's own schema counts: our statements would call a function there that fits a
-- status better than ours does.
path AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname::text = %(own_schema)s::text
       OR pg_catalog.strpos(
              pg_catalog.concat(', ', %(search_path)s::text),
              pg_catalog.concat(', "', pg_catalog.replace(n.nspname::text, '"', '""'), '",')
          ) > 0
)
