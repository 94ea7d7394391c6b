-- Lists the mapped tables whose row-level security applies to this role, because it would hide rows from a run.
SELECT wanted.name AS name
FROM pg_catalog.unnest(%(names)s::text[]) AS wanted (name)
WHERE pg_catalog.to_regclass(wanted.name) IS NOT NULL
  AND pg_catalog.row_security_active(pg_catalog.to_regclass(wanted.name)::oid)
