-- Whether a trigger may change a row of the table before it is inserted.
EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS t
    WHERE t.tgrelid = %(table_oid)s::oid AND t.tgtype::int & 7 = 7 AND NOT t.tgisinternal  -- BEFORE INSERT, each row
)
