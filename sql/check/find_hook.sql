-- Reports whether the app's hook does more with each refund than the file says.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS t
    WHERE t.tgrelid = pg_catalog.to_regclass(%(name)s)::oid
      AND NOT t.tgisinternal
      AND t.tgenabled <> 'D'
      AND t.tgtype::int & 4 <> 0  -- INSERT
) AS found
