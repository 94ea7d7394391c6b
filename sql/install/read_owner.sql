-- Reports whether refund() belongs to a superuser, or would, where it does not exist yet.
SELECT r.rolsuper AS superuser
FROM pg_catalog.pg_roles AS r
WHERE r.oid = coalesce(
    (
        SELECT p.proowner
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname::text = %(schema_name)s::text
          AND p.proname::text = 'refund'
        ORDER BY p.oid DESC
        LIMIT 1
    ),
    (SELECT o.oid FROM pg_catalog.pg_roles AS o WHERE o.rolname = current_user)
)
