-- The fence: a session whose refund stands cannot be set to running or to succeeded. It looks with the owner's
-- rights, because the app's role has none on the ledger.
CREATE OR REPLACE FUNCTION {schema}.fence() RETURNS trigger
LANGUAGE plpgsql
VOLATILE
SECURITY DEFINER
SET search_path = {path}
SET row_security = off
SET TimeZone = {timezone}
SET DateStyle = 'ISO, MDY'
SET IntervalStyle = 'postgres'
SET standard_conforming_strings = on
AS $sweeper_fence$
#variable_conflict use_column
BEGIN
    IF EXISTS (
        SELECT
        FROM (SELECT NEW.*) AS s
        CROSS JOIN LATERAL (
            SELECT {session_id} AS session_id,
                   {attempt} AS attempt,
                   {status} AS status
        ) AS v
        JOIN {refunds} AS r
          ON r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
        WHERE v.status {status_eq} ANY ({revived})
          AND r.amount > 0
          AND NOT EXISTS (SELECT FROM {reversals} AS reversal WHERE reversal.refund_id = r.refund_id)
    ) THEN
        RAISE EXCEPTION 'session % was refunded: it can neither go on nor succeed', NEW.{key}
            USING ERRCODE = 'restrict_violation', HINT = 'To charge it again, start a new session.';
    END IF;
    RETURN NULL;
END
$sweeper_fence$;
REVOKE ALL ON FUNCTION {schema}.fence() FROM PUBLIC;
CREATE OR REPLACE TRIGGER {fence} AFTER UPDATE ON {sessions}
    FOR EACH ROW
    WHEN (NEW.{status_column} IS DISTINCT FROM OLD.{status_column})
    EXECUTE FUNCTION {schema}.fence();
