-- Reports whether a function with one of these names, or of one of these operators, may read tables, or whether one of
-- these relations is a view, which may join any tables. A function that is built in does not; nor does one that is
-- immutable, unless its own text seems to read or to run something, or calls a function that may: the server does not
-- check what its author declares. A function of a row is also written as if it were one of its columns. An operator is
-- the app's own unless an extension has it, such as one of pg_trgm that depends on a setting.
WITH RECURSIVE app_function AS NOT MATERIALIZED (
    SELECT p.oid,
           p.proname,
           p.proargtypes[0] AS of_type,
           p.provolatile <> 'i'::"char" AS may_read,
           -- without FROM that names no table
           pg_catalog.regexp_replace(
               pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid)),
               '\mis\s+(not\s+)?distinct\s+from\M|\m(extract|overlay|substring|trim)\s*\([^()]*\mfrom\M',
               '', 'gi'
           ) AS body
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace <> 'pg_catalog'::regnamespace::oid
),
called AS (
    SELECT f.oid, f.may_read, f.body
    FROM app_function AS f
    WHERE f.proname = ANY (%(names)s::text::name[])
       OR f.oid IN (
           SELECT o.oprcode::oid
           FROM pg_catalog.pg_operator AS o
           WHERE o.oprname = ANY (%(operators)s::text::name[])
             AND o.oid >= 16384::oid
             AND NOT EXISTS (
                 SELECT
                 FROM pg_catalog.pg_depend AS d
                 WHERE d.classid = 'pg_catalog.pg_operator'::regclass::oid
                   AND d.objid = o.oid
                   AND d.deptype = 'e'::"char"
             )
       )
       OR f.proname = ANY (%(columns)s::text::name[])
       AND EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.oid = f.of_type AND t.typtype = 'c')
    UNION
    SELECT f.oid, f.may_read, f.body
    FROM called AS c
    JOIN app_function AS f
      ON NOT c.may_read
     AND c.body OPERATOR(pg_catalog.~*) pg_catalog.concat(
             '\m', pg_catalog.regexp_replace(f.proname::text, '(\W)', '\\\1', 'g'), '\M"?\s*\('
         )
)
SELECT EXISTS (
    SELECT
    FROM called AS c
    WHERE c.may_read
       OR c.body OPERATOR(pg_catalog.~*) '\m(from|table|perform|execute)\M'
) OR EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('v', 'm')
      AND pg_catalog.lower(c.relname::text) = ANY (%(relations)s::text::text[])
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace::oid, 'information_schema'::regnamespace::oid)
) AS found
