-- Reports whether sweeper's own schema, or its settings table, belongs to a role that is neither this one nor a
-- superuser.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_namespace AS n
    LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'settings'
    JOIN pg_catalog.pg_roles AS o ON o.oid IN (n.nspowner, c.relowner)
    WHERE n.nspname::text = %(own_schema)s::text
      AND NOT o.rolsuper
      AND o.rolname <> current_user
) AS of_another
