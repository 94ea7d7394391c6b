-- Looks again at the sessions of the batch, which are locked, on a fresh snapshot: the state of each, and which to
-- refund with what values.
sweeper_looked AS MATERIALIZED (
    SELECT v.*,
           v.status {status_eq} ANY ({running}) AS stuck,
           CASE WHEN v.verdict = 'owed' THEN {if shared_ids}{include hold_reason_of_several}{else}{include hold_reason}{end} END AS hold_reason
    FROM (
        SELECT looked.*,
               looked.failed_at AS active_at  -- only one of the two counts for a session, and this is it
        FROM (
            SELECT v.session_id,
                   v.account_id,
                   v.attempt,
                   v.again,
                   v.status,
                   v.started_at,
                   {include owed_from} AS failed_at,
                   v.amount,
                   v.error,{if charged}
                   v.charged,{end}
                   {include verdict} AS verdict
            {include reading_in_hand}
            WHERE {include is_in_hand}
              {include sessions_here}
              {include read_in_bounds}
              AND {include in_scope}
            OFFSET 0  -- else each use of the verdict would compute it again
        ) AS looked
    ) AS v
),
-- the time of these refunds for the app: the rows to be written are locked by now
sweeper_clock AS MATERIALIZED (
    {include moment}
),
sweeper_due AS (
    SELECT picked.refund_id,
           v.session_id,
           v.account_id,
           v.attempt,
           v.again,
           v.amount,
           coalesce(%(reason)s::text, {include reason}) AS reason,
           pg_catalog.left(coalesce(%(detail)s::text, v.error), 1000) AS detail,
           %(layer)s::text AS layer,
           %(run_id)s::uuid AS run_id,
           clock.at,
           v.failed_at,{if charged}
           v.charged::numeric AS charged,{end}
           v.stuck
    FROM sweeper_looked AS v
    CROSS JOIN sweeper_clock AS clock
    JOIN ROWS FROM (
        pg_catalog.unnest(%(in_hand)s::text[]::{session_type}[]),
        pg_catalog.unnest(%(refund_ids)s::text::uuid[])
    ) AS picked (session_id, refund_id)
      ON picked.session_id {session_eq} v.session_id
    WHERE v.verdict = 'owed'
      AND v.hold_reason IS NULL
      -- inside coalesce, or the planner would estimate for each account how many sessions it has
      AND coalesce(
          %(account_ids)s::text[] IS NULL OR v.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[]),
          false
      )
),
{if spaced}
-- refunds without room: the last row of an account gets the current time, each before it an earlier one, and all are
-- after the newest row that it has. A later batch has room again
sweeper_waiting AS MATERIALIZED (
    SELECT placed.session_id
    FROM (
        SELECT refund.session_id,
               pg_catalog.row_number() OVER (PARTITION BY refund.account_id ORDER BY refund.refund_id) AS place,
               {room} AS room
        FROM sweeper_due AS refund
    ) AS placed
    WHERE placed.place::numeric > placed.room::numeric
),
{end}
sweeper_fit AS MATERIALIZED (
    SELECT refund.*,{if sharded}{if shares}
           -- now, because Citus would read the session's row after it is closed
           {include shares_taken} AS shares,{end}{end}
           {include unfit} AS unfit
    FROM sweeper_due AS refund
    {if spaced}
    WHERE NOT EXISTS (SELECT FROM sweeper_waiting AS w WHERE w.session_id {session_eq} refund.session_id)
    {end}
),
