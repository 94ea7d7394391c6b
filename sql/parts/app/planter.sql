-- The roles that may create what may_create lists, and the roles whose rights they would gain by it.
SELECT m.kind,
       m.place,
       -- null: everybody, PUBLIC
       CASE WHEN m.role <> 0::oid THEN pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.role)::text) END AS role,
       (pg_catalog.array_agg(DISTINCT s.rolname::text ORDER BY s.rolname::text))[1:5] AS samples,
       coalesce(
           pg_catalog.array_agg(DISTINCT v.rolname::text ORDER BY v.rolname::text) FILTER (WHERE v.oid IS NOT NULL), '{}'
       ) AS victims,
       coalesce(pg_catalog.bool_or(v.rolsuper), false) AS superuser,
       (
           SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.owner)::text)
           FROM mapped AS o
           LIMIT 1
       ) AS app_owner
FROM may_create AS m
JOIN strangers AS s
  ON CASE WHEN m.role = 0::oid THEN true ELSE m.role = ANY (s.roles) END
LEFT JOIN runs_as AS v
  ON NOT v.oid = ANY (s.roles)
 AND NOT (s.joins_any AND NOT v.rolsuper)
WHERE EXISTS (SELECT FROM mapped)
GROUP BY m.kind, m.place, m.role
HAVING m.kind IN ('schema', 'create') OR pg_catalog.count(v.oid) > 0
ORDER BY pg_catalog.array_position(
             ARRAY['create', 'schema', 'function', 'operator', 'trigger', 'partition', 'own', 'called', 'read', 'type'],
             m.kind
         ),
         m.place,
         m.role
