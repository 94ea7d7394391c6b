-- Which of the wanted privileges on tables this role lacks. A privilege on some columns counts: the server plans the
-- statements that write as well, and names a column that is left.
SELECT wanted.name AS name,
       wanted.privilege AS privilege
FROM unnest(%(names)s::text[], %(privileges)s::text[]) AS wanted (name, privilege)
WHERE to_regclass(wanted.name) IS NOT NULL
  AND NOT CASE wanted.privilege
      WHEN 'DELETE' THEN has_table_privilege(to_regclass(wanted.name), 'DELETE')
      ELSE has_any_column_privilege(to_regclass(wanted.name), wanted.privilege)
  END
