-- pay: looks again at the locked sessions on a fresh snapshot, closes the stuck, writes the refunds, and adds exactly
-- what was written to the balances. This is the only statement of a run that moves credits. Its parts carry a prefix,
-- because the app's own expressions in it may read a table named `paid`.
WITH {include looked}
-- hold: the sessions that must not be refunded, and amounts that a column would round
sweeper_held AS (
    INSERT INTO {holds} AS h (hold_key, session_id, attempt, account_id, why, first_seen, last_seen, run_id)
    SELECT {if several_in_hand}DISTINCT ON (1) {end}{include hold_key}, v.session_id, v.attempt::text, v.account_id, v.hold_reason, %(as_of)s::timestamptz,
           %(as_of)s::timestamptz, %(run_id)s::uuid
    FROM sweeper_looked AS v
    WHERE v.hold_reason IS NOT NULL
    UNION ALL
    SELECT {include hold_key}, v.session_id, v.attempt::text, v.account_id, v.unfit, %(as_of)s::timestamptz,
           %(as_of)s::timestamptz, %(run_id)s::uuid
    FROM sweeper_fit AS v
    WHERE v.unfit IS NOT NULL
    {include on_hold_again}
    RETURNING h.session_id, h.why, h.run_id = %(run_id)s::uuid AS new
),
-- close: what is stuck, by a condition that is right even when nobody has locked the rows
{if closes}
sweeper_closed AS (
    UPDATE {sessions} AS s
    {if status_written}
    SET {status_column} = {first_failed}{each closing ""},
        {column} = {value}{end}
    {else}
    SET {each closing ",\n        "}{column} = {value}{end}
    {end}
    FROM (
        SELECT {if closing_beside}{each refund_names ", "}f.{name} AS sweeper_{name}{end}{else}f.session_id AS sweeper_session_id{end}
        FROM sweeper_fit AS f
        WHERE f.stuck AND f.unfit IS NULL
    ) AS sweeper_owed
    WHERE {session_id} {session_eq} sweeper_owed.sweeper_session_id
      -- of these sessions alone: in a table that is read as a whole an expression may fail for another row
      AND CASE WHEN {session_id} {session_eq} sweeper_owed.sweeper_session_id THEN true
      {include still_stuck}
      END
      {include sessions_here}
      {include in_bounds}
    RETURNING {session_id} AS session_id,
              {include closed_at} AS failed_at,
              {if status_written}({status} {status_eq} ANY ({revived})) IS NOT TRUE{else}true{end} AS closed
),
{end}
{if marks}
-- mark: what had failed already, in an update of its own that never names the status, so that triggers UPDATE OF the
-- status column do not fire. Where there is a fence it also touches the row, so that a transaction of the app with an
-- older snapshot fails when it updates it
sweeper_marked AS (
    UPDATE {sessions} AS s
    SET {each marking ",\n        "}{column} = {value}{end}
    FROM (
        SELECT {if marking_beside}{each refund_names ", "}f.{name} AS sweeper_{name}{end}{else}f.session_id AS sweeper_session_id{end}
        FROM sweeper_fit AS f
        WHERE NOT f.stuck AND f.unfit IS NULL
    ) AS sweeper_owed
    WHERE {session_id} {session_eq} sweeper_owed.sweeper_session_id
      AND CASE WHEN {session_id} {session_eq} sweeper_owed.sweeper_session_id
          THEN {status} {status_eq} ANY ({failed}) AND ({exclude}) IS NOT TRUE
      END
      {include sessions_here}
      {include in_bounds}
    RETURNING {session_id} AS session_id,
              {failed_at} AS failed_at
),
{end}
sweeper_payable AS (
    SELECT f.*, {if writes_sessions}w.failed_at{else}NULL::timestamptz{end} AS written_at
    FROM sweeper_fit AS f
    {if writes_sessions}
    -- full, which is always by hash: the server expects one row of each, and would compare each with each
    FULL JOIN (
        {if closes}
        SELECT c.session_id, c.failed_at
        FROM sweeper_closed AS c
        WHERE c.closed
        {if marks}
        UNION ALL
        {end}
        {end}
        {if marks}
        SELECT m.session_id, m.failed_at
        FROM sweeper_marked AS m
        {end}
    ) AS w ON w.session_id {session_eq} f.session_id
    WHERE coalesce(
        f.session_id IS NOT NULL
            AND f.unfit IS NULL
            AND ({if closes}{else}f.stuck OR {end}{if marks}{else}NOT f.stuck OR {end}w.session_id IS NOT NULL),
        false
    )
    {else}
    WHERE f.unfit IS NULL
    {end}
),
{if chained}
-- the running balance of each account, through its refunds of this batch in their order
sweeper_chain AS MATERIALIZED (
    SELECT refund.*,
           {chain_rounds} AS chain_rounds
    FROM (
        SELECT {if spaced}p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail,
               p.layer, p.run_id, p.failed_at, p.stuck, {moment_of_row} AS at{else}p.*{end},
               (before.balance + p.before_amount)::{balance_type} AS balance_before,
               (before.balance + p.before_amount + p.amount::numeric)::{balance_type} AS balance_after
        FROM (
            SELECT p.*,
                   pg_catalog.sum(p.amount::numeric) OVER (
                       PARTITION BY p.account_id ORDER BY p.refund_id ROWS UNBOUNDED PRECEDING
                   ) - p.amount::numeric AS before_amount{if spaced},
                   pg_catalog.count(*) OVER (PARTITION BY p.account_id)
                       - pg_catalog.row_number() OVER (PARTITION BY p.account_id ORDER BY p.refund_id) AS behind{end}
            FROM sweeper_payable AS p
        ) AS p
        CROSS JOIN LATERAL (
            SELECT {balance}::text::numeric AS balance
            FROM {accounts} AS a
            WHERE {accounts_id} {account_eq} p.account_id
        ) AS before
    ) AS refund
),
{end}
-- insert: in the app's ledger first, where it has one, on the conflict target of its own guard; then, for what that
-- insert returned, in sweeper's own. Without the guard this is an error
{if ledger}
sweeper_booked AS (
    INSERT INTO {ledger} AS l ({each ledger_values ", "}{column}{end})
    {if ledger_reads_session}
    SELECT written.*
    FROM {if chained}sweeper_chain{else}sweeper_payable{end} AS p
    JOIN {sessions} AS s ON {session_id} {session_eq} p.session_id
    CROSS JOIN LATERAL (
        SELECT value.*
        FROM (
            SELECT p.refund_id, p.session_id, p.account_id, p.attempt, p.amount, p.reason, p.detail, p.layer, p.run_id,
                   p.at{if chained}, p.balance_before, p.balance_after{end}
        ) AS refund
        CROSS JOIN LATERAL (
            SELECT {each ledger_values ",\n                   "}{value}{end}
        ) AS value
    ) AS written
    ORDER BY p.refund_id  -- as the sequences of the ledger should follow
    {else}
    SELECT {each ledger_values ",\n           "}{value}{end}
    FROM {if chained}sweeper_chain{else}sweeper_payable{end} AS refund{if chained}
    ORDER BY refund.refund_id{end}
    {end}
    {if ledger_guarded}
    ON CONFLICT ({ledger_key}) WHERE {ledger_guard} DO NOTHING
    {else}
    -- no unique index can hold over all of its partitions: the guard is that of sweeper's own
    {end}
    RETURNING {ledger_session} AS session_key,
              {ledger_attempt} AS attempt,
              ({if ledger_guarded}({ledger_guard}) AND {end}({ledger_where})) IS TRUE AS guarded
),
{end}
sweeper_paid AS (
    INSERT INTO {refunds} AS r (
        refund_id, session_id, account_id, attempt, again, amount, reason, detail, layer, run_id, created_at, failed_at{if charged},
        charged{end}{if shares},
        shares{end}
    )
    SELECT p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail, p.layer, p.run_id,
           %(as_of)s::timestamptz,
           coalesce(p.written_at, {if closes}{else}CASE WHEN p.stuck THEN p.at END, {end}p.failed_at){if charged},
           p.charged{end}{if shares},
           {if sharded}p.shares{else}(
               SELECT pg_catalog.jsonb_build_object({each shares ", "}{label}, share.{share}{end})
               FROM (SELECT p.*) AS refund
               CROSS JOIN LATERAL (
                   SELECT share.*
                   {include shares}
               ) AS share
           ){end}{end}
    FROM sweeper_payable AS p
    {if ledger}
    -- no conflict clause: if another layer refunds between the two inserts, the batch rolls back and looks again
    JOIN sweeper_booked AS b
      ON b.session_key {ledger_session_eq} p.session_id{ledger_session_as}
     AND b.attempt {ledger_attempt_eq} p.attempt{ledger_attempt_as}
    {else}
    {if accounts}
    {else}
    ORDER BY p.account_id  -- nobody has locked the accounts: a hook that does so reaches them in the order of their ids
    {end}
    ON CONFLICT (session_id, attempt, again{if by_account}, account_id{end}) DO NOTHING
    {end}
    RETURNING r.refund_id, r.session_id, r.account_id, r.attempt, r.again, r.amount, r.reason, r.layer, r.run_id,
              r.created_at{each shares ""},
              (r.shares ->> {label}::text)::numeric AS {share}{end}
),
{if ledger}
{else}
sweeper_booked AS (
    SELECT true AS guarded
    FROM sweeper_paid
),
{end}
-- add: to the balances, one update for each account, exactly what was inserted
{if moves}
sweeper_moved AS (
    UPDATE {accounts} AS a
    SET {include moved}
    FROM (
        SELECT p.account_id, pg_catalog.count(*) AS refunds, pg_catalog.sum(p.amount) AS amount, %(as_of)s::timestamptz AS at{each shares ""},
               pg_catalog.sum(p.{share}) AS {share}{end}
        FROM sweeper_paid AS p
        GROUP BY p.account_id
        ORDER BY p.account_id  -- neighboring accounts are on the same pages
    ) AS owed
    WHERE {accounts_id} {account_eq} owed.account_id
    {include account_here}
    RETURNING {accounts_id} AS account_id, owed.refunds, owed.amount
),
{else}
-- a trigger or a function of the app changes it, or nothing does; without accounts the balance is the sum of the ledger
sweeper_moved AS (
    SELECT p.account_id, pg_catalog.count(*) AS refunds, pg_catalog.sum(p.amount) AS amount
    FROM sweeper_paid AS p
    {if accounts}
    {else}
    WHERE false
    {end}
    GROUP BY p.account_id
),
{end}
sweeper_ended AS (
    UPDATE {holds} AS h
    SET ended_at = %(as_of)s::timestamptz
    FROM sweeper_paid AS p
    WHERE h.session_id {session_eq} p.session_id AND {include ends_with} AND h.ended_at IS NULL
    {if by_account}
      AND h.account_id {account_eq} p.account_id
      AND h.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
    {end}
)
-- report, in one row: what was paid, added, held and skipped
{include report}
