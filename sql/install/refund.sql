-- refund(): the same refund as a sweep's, for the app's own layers, in the caller's transaction. Locks the session's
-- row, then the account's, then writes both, in the order of the sweep. The statement that pays is the sweep's own.
CREATE OR REPLACE FUNCTION {schema}.refund(
    session_id {session_type}, reason text, detail text DEFAULT NULL, layer text DEFAULT 'app'{if by_account},
    account_id {account_type} DEFAULT NULL{end}
) RETURNS numeric
LANGUAGE plpgsql
VOLATILE
SECURITY DEFINER
SET search_path = {path}
SET row_security = off
SET TimeZone = {timezone}
SET DateStyle = 'ISO, MDY'
SET IntervalStyle = 'postgres'
SET standard_conforming_strings = on
SET extra_float_digits = 1
SET gin_fuzzy_search_limit = 0
SET transform_null_equals = off
SET array_nulls = on
{if attempts}
SET quote_all_identifiers = off
{end}
SET bytea_output = 'hex'
SET jit = off
{if formats}
SET lc_numeric = {number_locale}
SET lc_time = {time_locale}
{end}
{if searches_text}
SET default_text_search_config = {text_search}
{end}
{if has_money}
SET lc_monetary = {money_locale}
{end}
{if sharded}
SET citus.propagate_set_commands = 'local'
{end}
AS $sweeper_refund$
-- the app's own expressions are in here: a name in them must never mean one of our variables
#variable_conflict use_column
DECLARE
    sweeper_session_id CONSTANT {session_type} := $1;
    sweeper_reason CONSTANT text := pg_catalog.left($2, 200);
    sweeper_detail CONSTANT text := $3;
    sweeper_layer CONSTANT text := pg_catalog.left($4, 200);
    sweeper_at CONSTANT timestamptz := pg_catalog.clock_timestamp();
    sweeper_refund_id CONSTANT uuid := pg_catalog.gen_random_uuid();
    -- the refund, and its session, that was being written when a trigger of the app called this
    sweeper_outer CONSTANT text := coalesce(pg_catalog.current_setting('sweeper.refunding', true), '');
    sweeper_found record;
    sweeper_key jsonb;
    sweeper_dates text;
    sweeper_accounts text[];
    sweeper_moved text[];
    sweeper_missing timestamptz;
    sweeper_owed_from timestamptz;
    sweeper_newest_since timestamptz;
    {if by_account}
    sweeper_account CONSTANT {account_type} := $5;
    sweeper_here text[];
    {end}
    {if shared_ids}
    sweeper_shared text[];
    {end}
    sweeper_before numeric;
    sweeper_after numeric;
    sweeper_spent_before numeric;
    sweeper_spent_after numeric;
    sweeper_row record;
    sweeper_problem text;
BEGIN
{if sharded}
    {include begin_on_nodes}
{end}
{include require_guard}
    -- a call that waited for `sweeper install` must not go on with the old mapping
    PERFORM true FROM {locks} AS l WHERE l.name = 'installation' AND l.fingerprint = {fingerprint} FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another mapping was installed since this refund() was made: nothing was paid'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call it again.';
    END IF;
    SELECT g.charge_key
    INTO sweeper_key
    FROM {settings} AS g;
{include require_origin}
    IF pg_catalog.substr(sweeper_outer, 38) = pg_catalog.concat({schema_text}, ' ', sweeper_session_id) AND NOT EXISTS (
        SELECT
        FROM {refunds} AS r
        WHERE r.refund_id = (CASE WHEN sweeper_outer <> '' THEN pg_catalog.left(sweeper_outer, 36) END)::uuid
    ) THEN
        RAISE EXCEPTION 'refund() is called by a trigger that fires before the update with which it closes the session'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call it from an AFTER trigger.';
    END IF;
{if reads_other_rows}
    -- one snapshot for the whole transaction would miss what was committed since, such as a refund by the app
    IF pg_catalog.current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION 'refund() cannot be called at %%: what is owed is read from rows that are not locked, too',
                pg_catalog.current_setting('transaction_isolation')
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call it in a READ COMMITTED transaction.';
    END IF;
{end}
    IF sweeper_reason IS NULL OR sweeper_layer IS NULL OR sweeper_layer IN ('sweeper', 'adopted') THEN
        RAISE EXCEPTION 'refund() needs a reason, and a layer other than sweeper and adopted'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

{if by_account}
    -- the accounts that have a session with this id, and so its node; with several it is not known which the refund is
    -- for
    sweeper_here := ARRAY[sweeper_account::text];
    IF sweeper_account IS NULL THEN
        sweeper_here := ARRAY(
            SELECT {account}::text
            FROM {sessions} AS s
            WHERE {session_id} {session_eq} sweeper_session_id
            LIMIT 2
        );
    END IF;
    IF pg_catalog.cardinality(sweeper_here) = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'there is no session ' || coalesce(sweeper_session_id::text, 'null');
    END IF;
    sweeper_shared := CASE WHEN pg_catalog.cardinality(sweeper_here) > 1 THEN ARRAY[sweeper_session_id::text] ELSE '{}' END;
    sweeper_here := sweeper_here[1:1];

{end}
    SELECT v.status::text AS status,
           coalesce(v.status {status_eq} ANY ({live}), false) AS live,
           CASE WHEN v.started_at IS NULL THEN 'unknown' ELSE 'known' END AS dates,
           pg_catalog.pg_typeof(CASE WHEN false THEN v.amount END)::oid AS amount_type{if charged},
           pg_catalog.pg_typeof(CASE WHEN false THEN v.charged END)::oid AS charged_type{end}
    INTO sweeper_found
    {include reading_in_hand}
    WHERE {session_id} {session_eq} sweeper_session_id
    {if by_account}
      {include sessions_here}
    {else}
    {if shared_ids}
    ORDER BY live DESC
    {end}
    {end}
    FOR NO KEY UPDATE OF s;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'there is no session ' || coalesce(sweeper_session_id::text, 'null');
    ELSIF NOT sweeper_found.live THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'session ' || sweeper_session_id::text || ' is ' || coalesce(sweeper_found.status, 'without a status')
                || ': only a failed or a running one can be refunded';
    END IF;
    -- what was a floating-point number at the installation is read by its text, to the last digit
    IF sweeper_found.amount_type IN ('real'::regtype::oid, 'double precision'::regtype::oid){if charged}
        OR sweeper_found.charged_type = 'real'::regtype::oid{end}
    THEN
        RAISE EXCEPTION 'the amount{if charged}, or the charge,{end} of a session has become a floating-point number since the installation: nothing was paid'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run `sweeper install`.';
    END IF;
    {include require_own_table}
    {include require_own_attempt}
    sweeper_dates := sweeper_found.dates;
    {if several_in_hand}
    -- several sessions with this id: it is not known which the refund is for
    sweeper_shared := ARRAY(
        SELECT sweeper_session_id::text
        FROM {sessions} AS s
        WHERE {session_id} {session_eq} sweeper_session_id
        HAVING pg_catalog.count(*) > 1
    );
    {end}
{if accounts}
    SELECT v.account_id
    INTO sweeper_found
    {include reading_in_hand}
    WHERE {session_id} {session_eq} sweeper_session_id{if by_account}
      AND {account} {account_eq} ANY (%(accounts)s::text[]::{account_type}[]){end};
    SELECT {balance}::text::numeric, {spent}::text::numeric
    INTO sweeper_before, sweeper_spent_before
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} sweeper_found.account_id
    FOR NO KEY UPDATE;
    sweeper_accounts := CASE WHEN FOUND THEN ARRAY[sweeper_found.account_id::text] ELSE '{}' END;
{if serialized}
    -- in one statement with the lock, other rows could be read as they were before the lock
    SELECT {balance}::text::numeric
    INTO sweeper_before
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} sweeper_found.account_id;
{end}
{if spaced}
    -- the ledger has a row with the current time: this refund's is the next time that the column can hold. A later row
    -- is not waited for
    PERFORM pg_catalog.pg_sleep(extract(epoch FROM '{at_step}'::interval)::float8)
    FROM (SELECT sweeper_found.account_id, pg_catalog.clock_timestamp() AS at) AS refund
    WHERE {room}::numeric = 0::numeric;
{end}
{end}
{if locks_charges}
    -- what is owed is read from rows that sessions share, so an account's lock is not enough: calls of refund() take
    -- turns
    PERFORM true
    FROM {locks} AS l
    WHERE l.name = (
        SELECT {include charges_lock}
        FROM (
            SELECT v.account_id::text AS account_id
            {include reading_in_hand}
            WHERE {session_id} {session_eq} sweeper_session_id
              {include sessions_here}
            LIMIT 1
        ) AS v
    )
    FOR NO KEY UPDATE;
{end}

{if by_account}
{else}
    {include refunded_before}
{end}
    sweeper_missing := (sweeper_key ->> 'put_back_at'::text)::timestamptz;
{if by_account}
{else}
    {include find_lost}
{end}
    PERFORM pg_catalog.set_config('sweeper.refunding', pg_catalog.concat_ws(' ', sweeper_refund_id, {schema_text}, sweeper_session_id), true);
    FOR sweeper_row IN
{pay}
    LOOP
        IF sweeper_row.altered THEN
            RAISE EXCEPTION 'a trigger alters the refund as it is written'
                USING ERRCODE = 'raise_exception';
        END IF;
        IF NOT sweeper_row.guarded OR sweeper_row.booked <> pg_catalog.cardinality(sweeper_row.paid_sessions) THEN
            RAISE EXCEPTION 'the guard (the unique index that stops a second refund) does not cover this refund'
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
{if has_balance}
        {include check_balance}
{end}
        SELECT back.problem
        INTO sweeper_problem
        FROM ({read_back}) AS back;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = sweeper_problem;
        END IF;
        IF pg_catalog.cardinality(sweeper_row.unpaid_sessions) > 0 AND pg_catalog.cardinality(({refunded})) = 0 THEN
            RAISE EXCEPTION 'the refund was not written: a trigger or a rule drops it, or the closing of the session'
                USING ERRCODE = 'raise_exception';
        END IF;
        {include warn_of_later_start}
{if sharded}
        {include end_on_nodes}
{end}
        PERFORM pg_catalog.set_config('sweeper.refunding', sweeper_outer, true);
        RETURN coalesce(sweeper_row.paid_amounts[1]::numeric, 0);
    END LOOP;
END
$sweeper_refund$;
COMMENT ON FUNCTION {schema}.refund({refund_types})
    IS 'Refunds a failed or running session exactly once and closes it; returns the amount, 0 when there is nothing to pay.';
-- GRANTs say who may call it
REVOKE ALL ON FUNCTION {schema}.refund({refund_types}) FROM PUBLIC;
