-- Records which of our objects already exist, for revoke_defaults: grants of a DBA on those are kept.
DO $note$
BEGIN
    PERFORM pg_catalog.set_config('sweeper.objects', pg_catalog.array_to_string(ARRAY(
        SELECT n.oid::text
        FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname::text = {schema_text}
        UNION ALL
        SELECT c.oid::text
        FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
        WHERE n.nspname::text = {schema_text}
        UNION ALL
        SELECT p.oid::text
        FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
        WHERE n.nspname::text = {schema_text}
    ), ','), true);
END
$note$;
