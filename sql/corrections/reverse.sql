-- reverse: looks again at a batch of refunds on a fresh snapshot, writes reversals for those that have none, and
-- subtracts from the balances exactly what was written. This is the only statement that takes credits back.
WITH sweeper_picked AS MATERIALIZED (
    SELECT pg_catalog.unnest(%(refund_ids)s::text::uuid[]) AS refund_id,
           pg_catalog.unnest(%(reversal_ids)s::text::uuid[]) AS reversal_id
),
-- the time of these reversals for the app: the rows to be written are locked by now
sweeper_clock AS MATERIALIZED (
    {include moment}
),
sweeper_seen AS MATERIALIZED (
    SELECT p.reversal_id,
           r.refund_id,
           r.session_id,
           r.account_id,
           r.attempt,
           r.amount,
           r.reason,
           %(reason)s::text AS detail,
           r.layer,
           r.run_id,
           clock.at,
           {if shares}r.shares{else}nullif(pg_catalog.to_jsonb(r) -> 'shares'::text, 'null'::jsonb){end} AS shares
    FROM sweeper_picked AS p
    JOIN {refunds} AS r ON r.refund_id = p.refund_id
    {if by_account}
     AND r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
    {end}
    CROSS JOIN sweeper_clock AS clock
    -- an adopted refund moved no credits
    WHERE r.layer <> 'adopted'
),
{if reverse_spaced}
-- refunds without room: the last row of an account gets the current time, each before it an earlier one, and all are
-- after the newest row that it has
sweeper_waiting AS MATERIALIZED (
    SELECT placed.refund_id
    FROM (
        SELECT refund.refund_id,
               pg_catalog.row_number() OVER (PARTITION BY refund.account_id ORDER BY refund.refund_id) AS place,
               {reverse_room} AS room
        FROM sweeper_seen AS refund
    ) AS placed
    WHERE placed.place::numeric > placed.room::numeric
),
{end}
sweeper_reversed AS (
    INSERT INTO {reversals} AS x (reversal_id, {if by_account}account_id, {end}refund_id, amount, reason, made_by, created_at)
    SELECT s.reversal_id, {if by_account}s.account_id, {end}s.refund_id, s.amount, s.detail, pg_catalog.concat(current_user, ' on ', %(host)s::text), %(as_of)s::timestamptz
    FROM sweeper_seen AS s
    {if reverse_spaced}
    WHERE s.refund_id NOT IN (SELECT w.refund_id FROM sweeper_waiting AS w)
    {end}
    ON CONFLICT ({if by_account}account_id, {end}refund_id) DO NOTHING
    RETURNING x.reversal_id, x.refund_id, x.amount, x.created_at
),
sweeper_taken AS (
    SELECT s.*
    FROM sweeper_seen AS s
    WHERE s.refund_id IN (SELECT x.refund_id FROM sweeper_reversed AS x)
),
{if unmarks}
-- what the app's own job reads, where the session is still at the charge that was refunded
sweeper_unmarked AS (
    UPDATE {sessions} AS s
    SET {each reversed ",\n        "}{column} = {value}{end}
    FROM (
        SELECT {each refund_names ", "}f.{name} AS sweeper_{name}{end}
        FROM (
            SELECT t.refund_id, t.session_id, t.account_id, t.attempt, t.amount::{amount_type} AS amount, t.reason, t.detail,
                   t.layer, t.run_id, t.at
            FROM sweeper_taken AS t
        ) AS f
    ) AS sweeper_owed
    WHERE {session_id} {session_eq} sweeper_owed.sweeper_session_id
      -- of these sessions alone: it may fail for another row
      AND CASE WHEN {session_id} {session_eq} sweeper_owed.sweeper_session_id
          THEN {attempt} {attempt_eq} sweeper_owed.sweeper_attempt
      END
    {if by_account}
      AND {account} {account_eq} sweeper_owed.sweeper_account_id
      {include sessions_here}
    {end}
),
{end}
-- what is added to balances: negative amounts
sweeper_paid AS (
    SELECT t.refund_id, t.session_id, t.account_id, -t.amount AS amount{each shares ""},
           -(t.shares ->> {label}::text)::numeric AS {share}{end}
    FROM sweeper_taken AS t
),
{if reverse_chained}
-- the running balance of each account after each reversal of this batch
sweeper_chain AS MATERIALIZED (
    SELECT {if reverse_spaced}p.refund_id, p.session_id, p.account_id, p.attempt, p.amount, p.reason, p.detail, p.layer, p.run_id,
           {reverse_moment_of_row} AS at{else}p.*{end},
           (before.balance - p.before_amount)::{balance_type} AS balance_before,
           (before.balance - p.before_amount - p.amount::numeric)::{balance_type} AS balance_after
    FROM (
        SELECT p.*,
               pg_catalog.sum(p.amount::numeric) OVER (
                   PARTITION BY p.account_id ORDER BY p.refund_id ROWS UNBOUNDED PRECEDING
               ) - p.amount::numeric AS before_amount{if reverse_spaced},
               pg_catalog.count(*) OVER (PARTITION BY p.account_id)
                   - pg_catalog.row_number() OVER (PARTITION BY p.account_id ORDER BY p.refund_id) AS behind{end}
        FROM sweeper_taken AS p
    ) AS p
    CROSS JOIN LATERAL (
        SELECT {balance}::text::numeric AS balance
        FROM {accounts} AS a
        WHERE {accounts_id} {account_eq} p.account_id
    ) AS before
),
{end}
{if reversal_rows}
-- the row that takes a refund back, in the app's ledger, and whether the mapping would count it as a refund
sweeper_booked AS (
    INSERT INTO {ledger} AS l ({each reverse_values ", "}{column}{end})
    {if reverse_reads_session}
    SELECT written.*
    FROM {if reverse_chained}sweeper_chain{else}sweeper_taken{end} AS p
    LEFT JOIN {sessions} AS s ON {session_id} {session_eq} p.session_id
    CROSS JOIN LATERAL (
        SELECT value.*
        FROM (
            SELECT p.*
        ) AS refund
        CROSS JOIN LATERAL (
            SELECT {each reverse_values ",\n                   "}{value}{end}
        ) AS value
    ) AS written
    ORDER BY p.refund_id
    {else}
    SELECT {each reverse_values ",\n           "}{value}{end}
    FROM {if reverse_chained}sweeper_chain{else}sweeper_taken{end} AS refund{if reverse_chained}
    ORDER BY refund.refund_id{end}
    {end}
    RETURNING CASE WHEN ({ledger_where}) THEN {ledger_session} IS NOT NULL END IS TRUE AS is_refund{each reverse_meant ""},
        l.{column} AS {name}{end}
),
{if reverse_meant}
-- the amounts and the accounts that these rows should have
sweeper_meant AS (
    SELECT meant.*
    FROM sweeper_taken AS p
    {if reverse_reads_session}
    LEFT JOIN {sessions} AS s ON {session_id} {session_eq} p.session_id
    {end}
    CROSS JOIN LATERAL (
        SELECT value.*
        FROM (
            SELECT p.*
        ) AS refund
        CROSS JOIN LATERAL (
            SELECT {each reverse_meant ", "}{value} AS {name}{end}
        ) AS value
    ) AS meant
),
{end}
{else}
sweeper_booked AS (
    SELECT false AS is_refund
    FROM sweeper_taken
),
{end}
-- the balances: one update for each account, by exactly what was written
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
sweeper_mine AS (
    -- after a lost acknowledgement: what an earlier attempt at this batch has committed
    SELECT x.refund_id
    FROM sweeper_picked AS p
    JOIN {reversals} AS x ON x.refund_id = p.refund_id AND x.reversal_id = p.reversal_id
    {if by_account}
    AND x.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
    {end}
)
SELECT booked.*,
       true AS guarded,
       EXISTS (
           SELECT true
           FROM sweeper_reversed AS x
           LEFT JOIN sweeper_seen AS s ON s.reversal_id = x.reversal_id
           WHERE (x.refund_id = s.refund_id AND x.amount = s.amount AND x.created_at = %(as_of)s::timestamptz) IS NOT TRUE
       ) AS altered,
       {if reverse_meant}
       EXISTS (
           SELECT {each reverse_meant ", "}m.{name}::{type}{if as_text}::text{end}{end}
           FROM sweeper_meant AS m
           EXCEPT ALL
           SELECT {each reverse_meant ", "}b.{name}::{type}{if as_text}::text{end}{end}
           FROM sweeper_booked AS b
       ){else}false{end} AS booked_otherwise,
       EXISTS (
           SELECT true
           FROM sweeper_taken AS t
           WHERE ARRAY(
               SELECT moved.name COLLATE "C"
               FROM pg_catalog.jsonb_object_keys(coalesce(t.shares, '{}'::jsonb)) AS moved (name)
               ORDER BY 1
           ) OPERATOR(pg_catalog.<>) ARRAY[{each shares ", "}{label}{end}]::text[]
       ) AS other_shares,
       paid.*,
       moved.*,
       mine.*,
       {if reverse_spaced}
       (
           SELECT coalesce(pg_catalog.array_agg(w.refund_id::text), '{}')
           FROM sweeper_waiting AS w
       ){else}'{}'::text[]{end} AS without_room
FROM (
    SELECT pg_catalog.count(*) AS booked,
           coalesce(pg_catalog.bool_or(b.is_refund), false) AS is_refund
    FROM sweeper_booked AS b
) AS booked,
(
    SELECT coalesce(pg_catalog.array_agg(p.refund_id::text), '{}') AS reversed,
           coalesce(pg_catalog.array_agg(p.session_id::text), '{}') AS paid_sessions,
           coalesce(pg_catalog.array_agg(p.amount::text), '{}') AS paid_amounts
    FROM sweeper_paid AS p
) AS paid,
(
    {include moved_totals}
) AS moved,
(
    SELECT coalesce(pg_catalog.array_agg(m.refund_id::text), '{}') AS reversed_before
    FROM sweeper_mine AS m
) AS mine
