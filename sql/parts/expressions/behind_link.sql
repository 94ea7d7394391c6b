-- The session of a row, l, that a table of links ties to it; null where several share it.
(SELECT pg_catalog.min(k.{session}::text) FROM {links} AS k WHERE k.{key} = l.{column} HAVING pg_catalog.count(*) = 1)
