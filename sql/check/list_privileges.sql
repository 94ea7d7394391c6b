-- Lists which of the wanted privileges on tables this role lacks. A privilege on some of the columns counts: the check
-- also plans the statements that write, and then the server names a column that is missing.
SELECT wanted.name AS name,
       wanted.privilege AS privilege
FROM ROWS FROM (
    pg_catalog.unnest(%(names)s::text[]),
    pg_catalog.unnest(%(privileges)s::text[])
) AS wanted (name, privilege)
WHERE pg_catalog.to_regclass(wanted.name) IS NOT NULL
  AND NOT CASE wanted.privilege
      WHEN 'DELETE' THEN pg_catalog.has_table_privilege(pg_catalog.to_regclass(wanted.name), 'DELETE')
      ELSE pg_catalog.has_any_column_privilege(pg_catalog.to_regclass(wanted.name), wanted.privilege)
  END
