-- Revokes from all roles but the owner what default privileges of the database gave on the objects that this
-- transaction created (note_objects recorded those that existed before). Each function's own file revokes from PUBLIC.
DO $revoke$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT DISTINCT made.kind, made.name, acl.grantee
        FROM (
            SELECT n.oid,
                   'SCHEMA' AS kind,
                   pg_catalog.format('%I', n.nspname) AS name,
                   n.nspowner AS owner,
                   n.nspacl AS acl
            FROM pg_catalog.pg_namespace AS n
            WHERE n.nspname::text = {schema_text}
            UNION ALL
            SELECT c.oid, 'TABLE', pg_catalog.format('%I.%I', n.nspname, c.relname), c.relowner, c.relacl
            FROM pg_catalog.pg_namespace AS n
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
            WHERE n.nspname::text = {schema_text}
            UNION ALL
            SELECT p.oid, 'FUNCTION', p.oid::regprocedure::text, p.proowner, p.proacl
            FROM pg_catalog.pg_namespace AS n
            JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
            WHERE n.nspname::text = {schema_text}
        ) AS made
        CROSS JOIN LATERAL pg_catalog.aclexplode(made.acl) AS acl
        WHERE acl.grantee <> made.owner
          AND NOT (made.kind = 'FUNCTION' AND acl.grantee = 0::oid)
          AND made.oid::text <> ALL (
              pg_catalog.string_to_array(pg_catalog.current_setting('sweeper.objects'), ',')
          )
    LOOP
        EXECUTE pg_catalog.format(
            'REVOKE ALL ON %s %s FROM %s',
            given.kind,
            given.name,
            CASE WHEN given.grantee = 0::oid THEN 'PUBLIC' ELSE given.grantee::regrole::text END
        );
    END LOOP;
END
$revoke$;
