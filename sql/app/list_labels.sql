-- Lists the values of an enum, in their order; none for a type that is no enum.
SELECT e.enumlabel::text AS label
FROM pg_catalog.pg_enum AS e
WHERE e.enumtypid = %(type)s::regtype
ORDER BY e.enumsortorder
