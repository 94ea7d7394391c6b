-- Whether a session is failed or running, as a function that the index on live sessions uses. It takes a status of any
-- type, because an index whose predicate named values of the type would keep the app from changing it. It is never
-- inlined, as an SQL function would be, so that statement and index agree.
CREATE OR REPLACE FUNCTION {live_function}(pg_catalog.anyelement) RETURNS pg_catalog.bool
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
COST 25  -- at the default of 100 the planner reads an unordered table row by row, ten times slower than by bitmap
AS $sweeper_live$
BEGIN
    RETURN $1::pg_catalog.text COLLATE pg_catalog."C"
        OPERATOR(pg_catalog.=) ANY (ARRAY[{each live_texts ", "}{text}{end}]::pg_catalog.text[]);
END
$sweeper_live$;
-- the app calls it with each row that it writes
GRANT EXECUTE ON FUNCTION {live_function}(pg_catalog.anyelement) TO PUBLIC;
-- ALTER TABLE looks it up by name, for which the table's owner needs the schema; that gives no access to the tables
DO $usage$
BEGIN
    IF NOT pg_catalog.has_schema_privilege({owner_text}, {schema_text}, 'USAGE') THEN
        GRANT USAGE ON SCHEMA {schema} TO {owner};
    END IF;
END
$usage$;
