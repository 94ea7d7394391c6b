-- Lists the source of sweeper's own functions in the database.
SELECT p.proname::text AS name,
       p.oid::regprocedure::text AS signature,
       p.prosrc AS source,
       p.prosecdef AS with_owners_rights,
       l.lanname::text AS language,
       coalesce(p.proconfig, '{}')::text[] AS settings
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname::text = %(schema_name)s::text
ORDER BY 1, 2
