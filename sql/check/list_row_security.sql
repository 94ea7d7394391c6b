-- Which of the mapped tables have row-level security that holds for this role: it would hide rows from a run.
SELECT wanted.name AS name
FROM unnest(%(names)s::text[]) AS wanted (name)
WHERE to_regclass(wanted.name) IS NOT NULL
  AND row_security_active(to_regclass(wanted.name)::oid)
