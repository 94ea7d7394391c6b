-- Drops each refund() for other types of ids, which would write under another key. Roles that could call it may call
-- the new one.
DO $others$
DECLARE
    other record;
BEGIN
    FOR other IN
        SELECT p.oid::regprocedure::text AS name,
               ARRAY(
                   SELECT acl.grantee::regrole::text
                   FROM pg_catalog.aclexplode(p.proacl) AS acl
                   WHERE acl.grantee <> p.proowner AND acl.grantee <> 0::oid AND acl.privilege_type = 'EXECUTE'
               ) AS grantees
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname::text = {schema_text}
          AND p.proname::text = 'refund'
          AND p.oid <> pg_catalog.to_regprocedure({refund_text})::oid
    LOOP
        FOR number IN 1 .. pg_catalog.cardinality(other.grantees) LOOP
            EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO %s', {refund_text}, other.grantees[number]);
        END LOOP;
        EXECUTE pg_catalog.format('DROP FUNCTION %s', other.name);
    END LOOP;
END
$others$;
