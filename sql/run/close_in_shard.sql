-- close in shard: the first of the three steps of `pay` where Citus distributes sessions by account and a batch is of
-- one shard: looks again, closes the stuck, marks the others, and returns what is to be written. Citus sends the
-- statement to the one node as it is; with the inserts in it, it would run part by part and take ten times as long.
WITH {include looked}
-- close: what is stuck, by a condition that is right even when nobody has locked the rows. Returns all that is to be
-- written, because joining it again took most of the time
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
        {include owed_in_shard}
        WHERE f.stuck AND f.unfit IS NULL
    ) AS sweeper_owed
    WHERE {session_id} {session_eq} sweeper_owed.sweeper_session_id
      {include still_stuck}
      {include sessions_here}
    RETURNING sweeper_owed.*,
              {include closed_at} AS failed_at,
              {if status_written}({status} {status_eq} ANY ({revived})) IS NOT TRUE{else}true{end} AS closed
),
{end}
{if marks}
-- mark: what had failed already, in an update of its own that never names the status
sweeper_marked AS (
    UPDATE {sessions} AS s
    SET {each marking ",\n        "}{column} = {value}{end}
    FROM (
        {include owed_in_shard}
        WHERE NOT f.stuck AND f.unfit IS NULL
    ) AS sweeper_owed
    WHERE {session_id} {session_eq} sweeper_owed.sweeper_session_id
      AND {status} {status_eq} ANY ({failed})
      AND ({exclude}) IS NOT TRUE
      {include sessions_here}
    RETURNING sweeper_owed.*,
              {failed_at} AS failed_at
),
{end}
sweeper_payable AS (
    {if closes}
    SELECT {include payable_in_shard}
    FROM sweeper_closed AS p
    WHERE p.closed
    UNION ALL
    {end}
    {if marks}
    SELECT {include payable_in_shard}
    FROM sweeper_marked AS p
    {else}
    SELECT {include payable_in_shard}
    FROM (
        SELECT owed.*,
               owed.sweeper_failed_at AS failed_at
        FROM (
            {include owed_in_shard}
            WHERE {if closes}NOT f.stuck AND {end}f.unfit IS NULL
        ) AS owed
    ) AS p
    {end}
)
SELECT looked.*,
       fit.*,
       coalesce((
           SELECT true
           FROM {holds} AS h
           WHERE h.session_id {session_eq} ANY (%(in_hand)s::text[]::{session_type}[])
             AND h.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
             AND h.ended_at IS NULL
           LIMIT 1
       ), false) AS has_holds,
       payable.*,
       held.*
FROM (
    SELECT pg_catalog.count(*) FILTER (WHERE v.verdict = 'refunded') AS refunded_before,
           pg_catalog.min(least(v.started_at::timestamptz, %(as_of)s::timestamptz)) FILTER (
               WHERE v.verdict IN ('in_grace', 'not_stuck_yet')
           ) AS unripe_from,
           coalesce(pg_catalog.array_agg(v.session_id::text) FILTER (
               WHERE v.verdict = 'owed'
                 AND v.hold_reason IS NULL
                 AND NOT (v.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[]))
           ), '{}') AS busy_sessions
    FROM sweeper_looked AS v
) AS looked,
(
    SELECT coalesce(pg_catalog.array_agg(f.session_id::text), '{}') AS fit_sessions
    FROM sweeper_fit AS f
    WHERE f.unfit IS NULL
) AS fit,
(
    SELECT coalesce(pg_catalog.array_agg(p.refund_id::text), '{}') AS refund_ids,
           coalesce(pg_catalog.array_agg(p.session_id::text), '{}') AS session_ids,
           coalesce(pg_catalog.array_agg(p.account_id::text), '{}') AS account_ids,
           coalesce(pg_catalog.array_agg(p.attempt::text), '{}') AS attempts,
           coalesce(pg_catalog.array_agg(p.again), '{}') AS agains,
           coalesce(pg_catalog.array_agg(p.amount::text), '{}') AS amounts,
           coalesce(pg_catalog.array_agg(p.reason), '{}') AS reasons,
           coalesce(pg_catalog.array_agg(p.detail), '{}') AS details,
           coalesce(pg_catalog.array_agg(p.failed_at), '{}') AS failed_ats,
           {if charged}coalesce(pg_catalog.array_agg(p.charged::text), '{}'){else}'{}'::text[]{end} AS charges,
           {if shares}coalesce(pg_catalog.array_agg(p.shares::text), '{}'){else}'{}'::text[]{end} AS shares
    FROM sweeper_payable AS p
) AS payable,
(
    SELECT coalesce(pg_catalog.array_agg(h.session_id::text), '{}') AS held_sessions,
           coalesce(pg_catalog.array_agg(h.account_id::text), '{}') AS held_accounts,
           coalesce(pg_catalog.array_agg(h.attempt::text), '{}') AS held_attempts,
           coalesce(pg_catalog.array_agg(h.why), '{}') AS held_reasons
    FROM (
        SELECT v.session_id, v.account_id, v.attempt, v.hold_reason AS why
        FROM sweeper_looked AS v
        WHERE v.hold_reason IS NOT NULL
        UNION ALL
        SELECT f.session_id, f.account_id, f.attempt, f.unfit
        FROM sweeper_fit AS f
        WHERE f.unfit IS NOT NULL
    ) AS h
) AS held
