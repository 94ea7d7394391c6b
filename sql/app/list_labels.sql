-- Lists the values of an enum, in their order; returns no row for other types.
SELECT e.enumlabel::text AS label,
       e.oid::bigint AS label_oid,
       e.enumtypid::bigint AS type_oid
FROM pg_catalog.pg_enum AS e
WHERE e.enumtypid = %(type)s::regtype
ORDER BY e.enumsortorder
