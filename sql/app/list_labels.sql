-- Lists the values of an enum, in their order; no row for a type that is not an enum.
SELECT e.enumlabel::text AS label,
       e.oid::bigint AS label_oid,
       e.enumtypid::bigint AS type_oid
FROM pg_catalog.pg_enum AS e
WHERE e.enumtypid = %(type)s::regtype
ORDER BY e.enumsortorder
