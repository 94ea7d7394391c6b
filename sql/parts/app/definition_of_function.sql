-- A digest of what a function, p, gives.
pg_catalog.md5(
    pg_catalog.concat_ws(
        ' ',
        p.prosrc,
        pg_catalog.pg_get_function_sqlbody(p.oid),
        pg_catalog.pg_get_function_arguments(p.oid),
        pg_catalog.pg_get_function_result(p.oid),
        p.proconfig
    )
)
