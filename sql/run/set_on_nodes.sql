-- Sets on the other nodes of Citus what this transaction has set here: set_config applies to this server alone, and
-- there times without a zone would be read in another one, and locks waited for without a limit.
DO $nodes$
DECLARE
    setting text;
BEGIN
    SET LOCAL citus.propagate_set_commands = 'local';
    FOREACH setting IN ARRAY ARRAY[
        'lock_timeout', 'statement_timeout', 'row_security', 'TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits'
    ] LOOP
        EXECUTE pg_catalog.format('SET LOCAL %I = %L', pg_catalog.lower(setting), pg_catalog.current_setting(setting));
    END LOOP;
END
$nodes$
