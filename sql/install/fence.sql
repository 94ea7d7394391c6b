-- The fence: a session with a refund that was not taken back cannot be set to running or to succeeded. It runs with the
-- owner's rights, because the app's role has none on the ledger. Its trigger names no column, not even in a condition,
-- so that the app can change and drop each of them. A condition over the whole row would save nothing, since every
-- UPDATE changes something, and would read each long value of the row.
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
DECLARE
    sweeper_session_id {session_type};
    sweeper_attempt {attempt_type};
    sweeper_over_at timestamptz;
    sweeper_started_at timestamptz;
BEGIN
    BEGIN
        IF {if status_column}NEW.{status_column}::pg_catalog.text IS NOT DISTINCT FROM OLD.{status_column}::pg_catalog.text{else}(
            SELECT {status}::pg_catalog.text
            FROM (SELECT NEW.*) AS s
        ) IS NOT DISTINCT FROM (
            SELECT {status}::pg_catalog.text
            FROM (SELECT OLD.*) AS s
        ){end} THEN
            RETURN NULL;
        END IF;
    EXCEPTION
        -- the column is another one now, and on this connection the expression above still means the old one
        WHEN OTHERS THEN NULL;
    END;

    BEGIN
        SELECT {session_id}, {attempt}
        INTO sweeper_session_id, sweeper_attempt
        FROM (SELECT NEW.*) AS s
        WHERE {live_status}::pg_catalog.text IS DISTINCT FROM (
                {if status_column}
                SELECT before.{status_column}::pg_catalog.text
                FROM (SELECT OLD.*) AS before
                {else}
                SELECT {status}::pg_catalog.text
                FROM (SELECT OLD.*) AS s
                {end}
            )
          AND {if compared_as_text}{live_status}::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY[{each revived_texts ", "}{text}{end}]::pg_catalog.text[]){else}{status} {status_eq} ANY ({revived}){end}
          -- reads no row, but a statement that names the table is planned again when the table has changed
          AND NOT EXISTS (SELECT FROM {sessions} WHERE false);
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    EXCEPTION
        WHEN {if status_column}undefined_column OR undefined_table OR undefined_function OR undefined_object OR invalid_schema_name
            OR datatype_mismatch OR cannot_coerce OR invalid_text_representation OR numeric_value_out_of_range
            -- row-level security was switched on, and hides rows from the owner of this function
            OR insufficient_privilege OR internal_error{else}OTHERS  -- an expression can fail for a row in many ways{end}
        THEN
            -- the app's update goes on; the next run reports the change of the table
            RAISE WARNING 'sweeper lets this update pass its fence: %', SQLERRM
                USING HINT = 'The table is not as it was when sweeper was installed: run `sweeper check`.';
            RETURN NULL;
    END;

    BEGIN
        -- by the app's clock it ended when it failed, by ours when it was refunded: the two clocks may differ
        SELECT pg_catalog.max(greatest(coalesce(r.failed_at, 'infinity'), r.created_at + interval '1 minute'))
        INTO sweeper_over_at
        FROM (SELECT sweeper_session_id AS session_id, sweeper_attempt AS attempt) AS v
        JOIN {refunds} AS r
          ON r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
        WHERE r.amount > 0::numeric
          AND NOT EXISTS (SELECT FROM {reversals} AS reversal WHERE reversal.refund_id = r.refund_id);
    EXCEPTION
        -- the owner of this function has lost its rights, as when a backup is restored without GRANTs; or the schema has
        -- another name now
        WHEN insufficient_privilege OR undefined_table THEN
            RAISE WARNING 'sweeper lets this update pass its fence: %', SQLERRM
                USING HINT = 'It cannot read the refunds: run `sweeper check`.';
            RETURN NULL;
    END;
    IF sweeper_over_at IS NULL THEN
        RETURN NULL;
    END IF;

    -- where ids started over, this is another session, and the next run reports it. What this update sets does not make
    -- it another session, nor does a new start of one that had failed: that is a retry
    BEGIN
        SELECT {started_at}::timestamptz
        INTO sweeper_started_at
        FROM (SELECT OLD.*) AS s;
    EXCEPTION
        WHEN OTHERS THEN NULL;  -- the column is another one now: the session counts as refunded
    END;
    BEGIN
        IF EXISTS (
            SELECT
            FROM (SELECT OLD.*) AS s
            WHERE {status} {status_eq} ANY ({failed})
        ) THEN
            sweeper_started_at := NULL;
        END IF;
    EXCEPTION
        WHEN OTHERS THEN NULL;  -- as above
    END;
    IF (sweeper_started_at > sweeper_over_at) IS NOT TRUE THEN
        RAISE EXCEPTION 'session % was refunded: it can neither go on nor succeed', sweeper_session_id
            USING ERRCODE = 'restrict_violation', HINT = 'To charge it again, start a new session.';
    END IF;
    RETURN NULL;
END
$sweeper_fence$;
REVOKE ALL ON FUNCTION {schema}.fence() FROM PUBLIC;
CREATE OR REPLACE TRIGGER {fence} AFTER UPDATE ON {sessions}
    FOR EACH ROW
    EXECUTE FUNCTION {schema}.fence();
