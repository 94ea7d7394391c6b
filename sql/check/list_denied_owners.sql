-- Lists which of these tables the owner of refund() or of the fence may not read, or not all rows of. Both functions run
-- with the rights of their owner.
SELECT pg_catalog.quote_ident(o.rolname::text) AS owner,
       wanted.name AS table_name,
       rights.hidden AS hidden
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = p.proowner
CROSS JOIN LATERAL pg_catalog.unnest(%(names)s::text[]) AS wanted (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(wanted.name)::oid
CROSS JOIN LATERAL (
    SELECT NOT (
               pg_catalog.has_schema_privilege(o.oid, c.relnamespace, 'USAGE')
               AND pg_catalog.has_any_column_privilege(o.oid, c.oid, 'SELECT')
           ) AS denied,
           c.relrowsecurity AND NOT (
               o.rolsuper
               OR o.rolbypassrls
               OR pg_catalog.pg_has_role(o.oid, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity
           ) AS hidden
) AS rights
WHERE n.nspname::text = %(schema_name)s::text
  AND p.proname::text = %(function_name)s::text
  AND (rights.denied OR rights.hidden)
ORDER BY wanted.name
