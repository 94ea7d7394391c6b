-- Makes refunds and reversals append-only, even for their owner: a correction is a new row.
CREATE OR REPLACE FUNCTION {schema}.reject_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $reject$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused; a correction is a new row', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$reject$;
{if sharded}
-- Citus calls every trigger on a distributed table unsafe; these only raise an error. A trigger for TRUNCATE is on this
-- server alone, the others are on the shards, where rows are changed
SET LOCAL citus.enable_unsafe_triggers = on;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {refunds}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.reject_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {reversals}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.reject_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON {refunds}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.reject_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON {reversals}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.reject_change();
{else}
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {refunds}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.reject_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {reversals}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.reject_change();
{end}
-- also for a session with session_replication_role = replica
ALTER TABLE {refunds} ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE {reversals} ENABLE ALWAYS TRIGGER append_only;
{if sharded}
ALTER TABLE {refunds} ENABLE ALWAYS TRIGGER no_truncate;
ALTER TABLE {reversals} ENABLE ALWAYS TRIGGER no_truncate;
{end}
