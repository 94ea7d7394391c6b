-- Whether the owner of a table, owned, would gain rights when this role reads the table.
EXISTS (
    SELECT
    FROM strangers AS s
    JOIN pg_catalog.pg_roles AS me ON me.rolname = current_user
    WHERE pg_catalog.pg_has_role(s.oid, owned.relowner, 'MEMBER')
      AND NOT pg_catalog.pg_has_role(s.oid, me.oid, 'MEMBER')
      AND NOT (s.joins_any AND NOT me.rolsuper)
)
