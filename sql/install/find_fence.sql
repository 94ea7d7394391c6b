-- Reports whether the fence works: its trigger is on the sessions table and not disabled.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS t
    WHERE t.tgrelid = pg_catalog.to_regclass(%(table_name)s)::oid
      AND t.tgname = %(trigger_name)s
      AND t.tgenabled <> 'D'
) AS found
