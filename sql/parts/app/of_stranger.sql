-- Whether the owner of a table, owned, would gain rights when this role reads the table.
EXISTS (
    SELECT
    FROM strangers AS s
    JOIN pg_catalog.pg_roles AS me ON me.rolname = current_user
    WHERE (s.oid, owned.relowner) IN (SELECT a.who, a.role FROM acting AS a)
      AND (s.oid, me.oid) NOT IN (SELECT a.who, a.role FROM acting AS a)
      AND NOT (s.joins_any AND NOT me.rolsuper)
)
