-- Run it in psql as it is: everything is rolled back at the end, and nothing that it writes stays.
-- Only a sequence keeps the numbers that it gave out, as after any transaction that is rolled back.
-- Here the batch has at most three sessions, owed ones where there are any.

\set ON_ERROR_STOP on
-- the values that the statement is sent with
\set as_of '''2026-11-23 12:00:00+00:00'''
\set elapsed '''0:00:00'''
\set failed_before '''2026-11-23 11:45:00+00:00'''
\set stuck_before '''{"2026-11-23 11:00:00+00:00","2026-11-23 11:00:00+00:00","2026-11-23 11:00:00+00:00","2026-11-23 11:00:00+00:00"}'''
\set since '''2020-01-01 00:00:00+00:00'''
\set until NULL
\set dates '''known'''
\set session_ids NULL
\set look_again true
\set payable_again false
\set after_started_at NULL
\set after_id NULL
\set max_amount NULL
\set missing_until NULL
\set account_ids '''{"u1"}'''
\set moved '''{}'''
\set in_hand '''{"s1","s2"}'''
\set refund_ids '''{"00000000-0000-7000-8000-000000000001","00000000-0000-7000-8000-000000000002"}'''
\set layer '''sweeper'''
\set reason NULL
\set detail NULL
\set run_id '''00000000-0000-7000-8000-000000000000'''
-- the bounds of the transaction, in milliseconds, and how it reads names and times
\set lock_ms 250
\set statement_ms 10000
\set idle_ms 5000
\set transaction_ms 20000
\set tcp_user_ms 5000
\set search_path '''"public", pg_temp'''
\set timezone '''UTC'''

BEGIN ISOLATION LEVEL READ COMMITTED;

-- Sets the timeouts and other settings of this transaction alone. It runs under whatever search path the connection
-- has, so it calls functions of pg_catalog by their full names, and uses no bare operator or type that the path could
-- replace.
SELECT pg_catalog.set_config('lock_timeout', pg_catalog.concat(least(
           :lock_ms::bigint,
           -- the longest waiter becomes the deadlock victim: the sweep gives up before the app has to
           greatest(1, (500 OPERATOR(pg_catalog.*) extract(epoch FROM pg_catalog.current_setting('deadlock_timeout')::interval))::bigint)
       ), 'ms'), true),
       pg_catalog.set_config('statement_timeout', pg_catalog.concat(:statement_ms::bigint, 'ms'), true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', pg_catalog.concat(:idle_ms::bigint, 'ms'), true),
       pg_catalog.set_config('search_path', coalesce(
           :search_path::varchar,
           -- pg_catalog is searched first where a path does not name it; after another schema it would come second
           pg_catalog.regexp_replace(
               pg_catalog.current_setting('search_path'), '(^|[, ])"?pg_catalog"?(?=$|[, ])', E'\\1""', 'gi'
           )
       ), true),
       pg_catalog.set_config('row_security', 'off', true),
       -- how the app's own texts and its floating-point balances are read
       pg_catalog.set_config('standard_conforming_strings', 'on', true),
       pg_catalog.set_config('extra_float_digits', '1', true),
       -- else a value that is missing in an array of ours would be the text NULL
       pg_catalog.set_config('array_nulls', 'on', true),
       -- the decimal places of the type money: the role's own setting, whatever another client has left
       pg_catalog.set_config('lc_monetary', NULL, true),
       -- how numbers and times are written: the role's own setting, too
       pg_catalog.set_config('lc_numeric', NULL, true),
       pg_catalog.set_config('lc_time', NULL, true),
       -- how bytes are written as text
       pg_catalog.set_config('bytea_output', 'hex', true),
       -- by which language texts are searched: the role's own setting, too
       pg_catalog.set_config('default_text_search_config', NULL, true),
       -- else a comparison with null in the file's SQL could be true
       pg_catalog.set_config('transform_null_equals', 'off', true),
       -- else a GIN index scan could return a random subset of the rows
       pg_catalog.set_config('gin_fuzzy_search_limit', '0', true),
       -- since version 17; the timeouts above limit each statement. A timer that is already running is stopped first:
       -- it would not be set anew
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
           THEN pg_catalog.set_config('transaction_timeout', '0', true)
       END,
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
           THEN pg_catalog.set_config('transaction_timeout', pg_catalog.concat(:transaction_ms::bigint, 'ms'), true)
       END,
       -- a client that no longer receives is dropped: until then a server that cannot send would keep its locks
       pg_catalog.set_config('tcp_user_timeout', pg_catalog.concat(:tcp_user_ms::bigint, 'ms'), true),
       pg_catalog.set_config('TimeZone', :timezone, true),
       pg_catalog.set_config('DateStyle', 'ISO, MDY', true),
       pg_catalog.set_config('IntervalStyle', 'postgres', true),
       -- how the server writes the app's names, with which the installation is compared
       pg_catalog.set_config('quote_all_identifiers', 'off', true),
       -- compiling a statement takes longer than running it for one page
       pg_catalog.set_config('jit', 'off', true),
       -- for a full sweep, which compares all of history with the ledger at once; no other statement needs it
       pg_catalog.set_config(
           'work_mem',
           pg_catalog.concat(pg_catalog.div(
               greatest(pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')), 16777216), 1024
           ), 'kB'),
           true
       ),
       -- one core at most: the others are for the app
       pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),
       -- only a superuser may set it; behind a pooler it may be left from another client
       pg_catalog.current_setting('session_replication_role') AS replication_role
\g /dev/null

-- pay: looks again at the locked sessions on a fresh snapshot, closes the stuck, writes the refunds, and adds exactly
-- what was written to the balances. This is the only statement of a run that moves credits. Its parts carry a prefix,
-- because the app's own expressions in it may read a table named `paid`.
WITH sweeper_looked AS MATERIALIZED (
    SELECT v.*,
           v.status OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[]) AS stuck,
           CASE WHEN v.verdict = 'owed' THEN CASE
               WHEN v.attempt IS NULL THEN 'no_attempt'
               WHEN CASE WHEN v.status OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[]) THEN v.active_at ELSE v.failed_at END <= :missing_until::timestamptz THEN 'refund_missing'
               WHEN v.account_id IS NULL THEN 'no_account'
               WHEN (v.account_id OPERATOR(pg_catalog.=) ANY (:account_ids::text[]::text[])) IS NOT TRUE
                   AND (
                       SELECT true
                       FROM "public"."users" AS a
                       WHERE a."id" OPERATOR(pg_catalog.=) v.account_id
                       LIMIT 1
                   ) IS NULL THEN 'no_account'
               WHEN v.started_at IS NULL THEN 'no_started_at'
               WHEN v.amount::numeric IN ('NaN', 'Infinity', '-Infinity') THEN 'amount_not_finite'
               WHEN v.amount::numeric < 0::numeric THEN 'amount_negative'
               WHEN v.amount::numeric > :max_amount::numeric THEN 'amount_above_max'
               WHEN false THEN 'amount_rounded'
               WHEN v.session_id OPERATOR(pg_catalog.=) ANY (:moved::text[]::text[]) THEN 'id_changed'
           END END AS hold_reason
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
                   CASE WHEN v.status OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[]) THEN v.active_at ELSE v.failed_at END AS failed_at,
                   v.amount,
                   v.error,
                   CASE
                       WHEN (
                           SELECT true
                           FROM "sweeper".refunds AS r
                           WHERE r.session_id OPERATOR(pg_catalog.=) v.session_id
                           AND pg_catalog.int4eq(r.attempt, v.attempt)
                           AND pg_catalog.int4eq(r.again, v.again)
                           LIMIT 1
                       ) THEN 'refunded'
                       WHEN NOT :look_again::boolean AND (
                           SELECT true
                           FROM "sweeper".holds AS h
                           WHERE h.session_id OPERATOR(pg_catalog.=) v.session_id AND h.attempt IS NOT DISTINCT FROM (v.attempt)::text AND h.ended_at IS NULL
                           LIMIT 1
                       ) THEN 'held'
                       WHEN v.status OPERATOR(pg_catalog.=) ANY (ARRAY['error']::session_status[]) AND v.failed_at > :failed_before::timestamptz THEN 'in_grace'
                       WHEN v.status OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[]) AND (
                           v.active_at <= (:stuck_before::timestamptz[])[pg_catalog.array_position(ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[], v.status)]
                       ) IS NOT TRUE THEN 'not_stuck_yet'
                       WHEN v.excluded THEN 'excluded'
                       WHEN coalesce(v.amount::numeric, 0::numeric) = 0::numeric THEN 'uncharged'
                       ELSE 'owed'
                   END AS verdict
            FROM "public"."prediction_sessions" AS s
            CROSS JOIN LATERAL (
                SELECT m.session_id,
                       m.account_id,
                       m.attempt,
                       -- a user may pay once more what was taken back
                       CASE WHEN :payable_again::boolean
                           THEN (
                               SELECT pg_catalog.count(*)
                               FROM "sweeper".refunds AS r
                               JOIN "sweeper".reversals AS reversal ON reversal.refund_id = r.refund_id
                               WHERE r.session_id OPERATOR(pg_catalog.=) m.session_id AND r.attempt OPERATOR(pg_catalog.=) m.attempt
                           )::int
                           ELSE 0
                       END AS again,
                       m.status,
                       m.started_at,
                       m.active_at,
                       m.failed_at,
                       m.amount,
                       m.excluded,
                       m.error
                FROM (
                    SELECT s."id" AS session_id,
                           (s."user_id")::text AS account_id,
                           (0::integer)::integer AS attempt,
                           s."status" AS status,
                           s."created_at" AS started_at,
                           coalesce((s."created_at")::timestamptz, (s."created_at")::timestamptz) AS active_at,
                           coalesce((s."created_at")::timestamptz, (s."created_at")::timestamptz, (s."created_at")::timestamptz) AS failed_at,
                           (cardinality(selected_models)) AS amount,
                           ((step = 'All models failed - credits refunded')) IS TRUE AS excluded,
                           (s."error")::text AS error
                ) AS m
            ) AS v
            WHERE s."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT pg_catalog.unnest(:in_hand::text[]::text[])))
              AND v.status OPERATOR(pg_catalog.=) ANY (ARRAY['error', 'initializing', 'queued', 'researching', 'generating']::session_status[])
              AND (
                  :session_ids::text[] IS NULL
                  OR v.session_id OPERATOR(pg_catalog.=) ANY (:session_ids::text[]::text[])
              )
              AND CASE
                  WHEN :session_ids::text[] IS NULL
                  OR v.session_id OPERATOR(pg_catalog.=) ANY (:session_ids::text[]::text[])
                  THEN (
                      :dates::text = 'unknown'
                      AND v.started_at IS NULL
                      AND (:after_id::text IS NULL OR v.session_id OPERATOR(pg_catalog.>) :after_id::text::text)
                      OR :dates::text = 'known'
                      -- by the time with the zone, because clocks may repeat an hour, and the bound may be in the first of the two. The
                      -- server reads a time that occurs twice as the later one, so what is not earlier on the clock is not converted:
                      -- that takes time, and fails for the latest times that the type has. The bound of a day is for the index
                      AND v.started_at >= (:since::timestamptz - interval '1 day')::timestamp without time zone
                      AND (
                          v.started_at >= :since::timestamptz::timestamp without time zone
                          OR v.started_at::timestamptz >= :since::timestamptz
                      )
                      AND (
                          :until::timestamptz IS NULL
                          OR v.started_at < (:until::timestamptz + interval '1 day')::timestamp without time zone
                          -- nor is a row converted that is long before: a zone may put the earliest times out of range
                          AND (
                              v.started_at < (:until::timestamptz - interval '1 day')::timestamp without time zone
                              OR v.started_at::timestamptz < :until::timestamptz
                          )
                      )
                      AND (
                          :after_id::text IS NULL
                          OR (v.started_at, v.session_id)
                             OPERATOR(pg_catalog.>) (:after_started_at::text::timestamp without time zone, :after_id::text::text)
                      )
                  )
              END
            OFFSET 0  -- else each use of the verdict would compute it again
        ) AS looked
    ) AS v
),
-- the time of these refunds for the app: the rows to be written are locked by now
sweeper_clock AS MATERIALIZED (
    SELECT CASE WHEN pg_catalog.abs(extract(epoch FROM run.moment - pg_catalog.clock_timestamp())) <= 60::numeric
                THEN pg_catalog.clock_timestamp()
                ELSE least(run.moment, pg_catalog.clock_timestamp())
           END AS at
    FROM (SELECT :as_of::timestamptz + :elapsed::interval AS moment) AS run
),
sweeper_due AS (
    SELECT picked.refund_id,
           v.session_id,
           v.account_id,
           v.attempt,
           v.again,
           v.amount,
           coalesce(:reason::text, CASE
               WHEN v.status OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[]) THEN 'stuck'
               WHEN v.error LIKE 'Worker failed after % attempts%' THEN 'retries_exhausted'
               WHEN v.error LIKE 'Failed to queue%' THEN 'queue_failure'
               ELSE 'workflow_failure'
           END) AS reason,
           pg_catalog.left(coalesce(:detail::text, v.error), 1000) AS detail,
           :layer::text AS layer,
           :run_id::uuid AS run_id,
           clock.at,
           v.failed_at,
           v.stuck
    FROM sweeper_looked AS v
    CROSS JOIN sweeper_clock AS clock
    JOIN ROWS FROM (
        pg_catalog.unnest(:in_hand::text[]::text[]),
        pg_catalog.unnest(:refund_ids::text::uuid[])
    ) AS picked (session_id, refund_id)
      ON picked.session_id OPERATOR(pg_catalog.=) v.session_id
    WHERE v.verdict = 'owed'
      AND v.hold_reason IS NULL
      -- inside coalesce, or the planner would estimate for each account how many sessions it has
      AND coalesce(
          :account_ids::text[] IS NULL OR v.account_id OPERATOR(pg_catalog.=) ANY (:account_ids::text[]::text[]),
          false
      )
),
sweeper_fit AS MATERIALIZED (
    SELECT refund.*,
           CASE
               WHEN false THEN 'amount_rounded'
           END AS unfit
    FROM sweeper_due AS refund
),
-- hold: the sessions that must not be refunded, and amounts that a column would round
sweeper_held AS (
    INSERT INTO "sweeper".holds AS h (hold_key, session_id, attempt, account_id, why, first_seen, last_seen, run_id)
    SELECT pg_catalog.hashtextextended(pg_catalog.concat(
        pg_catalog.length((v.session_id)::text), ' ', v.session_id::text, ' ', coalesce((v.attempt)::text, ' ')
    ), 0), v.session_id, v.attempt::text, v.account_id, v.hold_reason, :as_of::timestamptz,
           :as_of::timestamptz, :run_id::uuid
    FROM sweeper_looked AS v
    WHERE v.hold_reason IS NOT NULL
    UNION ALL
    SELECT pg_catalog.hashtextextended(pg_catalog.concat(
        pg_catalog.length((v.session_id)::text), ' ', v.session_id::text, ' ', coalesce((v.attempt)::text, ' ')
    ), 0), v.session_id, v.attempt::text, v.account_id, v.unfit, :as_of::timestamptz,
           :as_of::timestamptz, :run_id::uuid
    FROM sweeper_fit AS v
    WHERE v.unfit IS NOT NULL
    ON CONFLICT (hold_key) DO UPDATE
        SET account_id = excluded.account_id,
            why = excluded.why,
            sqlstate = excluded.sqlstate,
            message = excluded.message,
            constraint_name = excluded.constraint_name,
            first_seen = CASE WHEN h.ended_at IS NULL THEN h.first_seen ELSE excluded.first_seen END,
            run_id = CASE WHEN h.ended_at IS NULL THEN h.run_id ELSE excluded.run_id END,
            last_seen = excluded.last_seen,
            ended_at = NULL
    RETURNING h.session_id, h.why, h.run_id = :run_id::uuid AS new
),
-- close: what is stuck, by a condition that is right even when nobody has locked the rows
sweeper_closed AS (
    UPDATE "public"."prediction_sessions" AS s
    SET "status" = 'error',
        "step" = ('Closed: no sign of life')
    FROM (
        SELECT f.session_id AS sweeper_session_id
        FROM sweeper_fit AS f
        WHERE f.stuck AND f.unfit IS NULL
    ) AS sweeper_owed
    WHERE s."id" OPERATOR(pg_catalog.=) sweeper_owed.sweeper_session_id
      -- of these sessions alone: in a table that is read as a whole an expression may fail for another row
      AND CASE WHEN s."id" OPERATOR(pg_catalog.=) sweeper_owed.sweeper_session_id THEN true
      AND s."status" OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[])
      AND coalesce((s."created_at")::timestamptz, (s."created_at")::timestamptz)
          <= (:stuck_before::timestamptz[])[pg_catalog.array_position(ARRAY['initializing', 'queued', 'researching', 'generating']::session_status[], s."status")]
      AND ((step = 'All models failed - credits refunded')) IS NOT TRUE
      END
    RETURNING s."id" AS session_id,
              coalesce((s."created_at")::timestamptz, (s."created_at")::timestamptz, (s."created_at")::timestamptz) AS failed_at,
              (s."status" OPERATOR(pg_catalog.=) ANY (ARRAY['initializing', 'queued', 'researching', 'generating', 'finished']::session_status[])) IS NOT TRUE AS closed
),
sweeper_payable AS (
    SELECT f.*, w.failed_at AS written_at
    FROM sweeper_fit AS f
    -- full, which is always by hash: the server expects one row of each, and would compare each with each
    FULL JOIN (
        SELECT c.session_id, c.failed_at
        FROM sweeper_closed AS c
        WHERE c.closed
    ) AS w ON w.session_id OPERATOR(pg_catalog.=) f.session_id
    WHERE coalesce(
        f.session_id IS NOT NULL
            AND f.unfit IS NULL
            AND (NOT f.stuck OR w.session_id IS NOT NULL),
        false
    )
),
-- insert: in the app's ledger first, where it has one, on the conflict target of its own guard; then, for what that
-- insert returned, in sweeper's own. Without the guard this is an error
sweeper_paid AS (
    INSERT INTO "sweeper".refunds AS r (
        refund_id, session_id, account_id, attempt, again, amount, reason, detail, layer, run_id, created_at, failed_at
    )
    SELECT p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail, p.layer, p.run_id,
           :as_of::timestamptz,
           coalesce(p.written_at, p.failed_at)
    FROM sweeper_payable AS p
    ON CONFLICT (session_id, attempt, again) DO NOTHING
    RETURNING r.refund_id, r.session_id, r.account_id, r.attempt, r.again, r.amount, r.reason, r.layer, r.run_id,
              r.created_at
),
sweeper_booked AS (
    SELECT true AS guarded
    FROM sweeper_paid
),
-- add: to the balances, one update for each account, exactly what was inserted
sweeper_moved AS (
    UPDATE "public"."users" AS a
    SET "credits" = a."credits"::numeric + owed.amount::numeric,
        "total_credits_spent" = a."total_credits_spent"::numeric - owed.amount::numeric,
        "updated_at" = owed.at
    FROM (
        SELECT p.account_id, pg_catalog.count(*) AS refunds, pg_catalog.sum(p.amount) AS amount, :as_of::timestamptz AS at
        FROM sweeper_paid AS p
        GROUP BY p.account_id
        ORDER BY p.account_id  -- neighboring accounts are on the same pages
    ) AS owed
    WHERE a."id" OPERATOR(pg_catalog.=) owed.account_id
    RETURNING a."id" AS account_id, owed.refunds, owed.amount
),
sweeper_ended AS (
    UPDATE "sweeper".holds AS h
    SET ended_at = :as_of::timestamptz
    FROM sweeper_paid AS p
    WHERE h.session_id OPERATOR(pg_catalog.=) p.session_id AND coalesce(h.attempt = (p.attempt)::text, true) AND h.ended_at IS NULL
)
-- report, in one row: what was paid, added, held and skipped
SELECT (SELECT pg_catalog.count(*) FROM sweeper_looked WHERE verdict = 'refunded') AS refunded_before,
       written.*,
       booked.sessions AS booked,
       booked.guarded,
       (
           SELECT pg_catalog.min(least(v.started_at::timestamptz, :as_of::timestamptz))  -- what is not owed yet
           FROM sweeper_looked AS v
           WHERE v.verdict IN ('in_grace', 'not_stuck_yet')
       ) AS unripe_from,
       paid.*,
       moved.*,
       held.*,
       busy.*
FROM (
    SELECT coalesce(pg_catalog.array_agg(f.session_id::text) FILTER (WHERE f.unfit IS NULL AND p.refund_id IS NULL), '{}')
               AS unpaid_sessions,
           -- a trigger of the app on the refunds may write anything else, but not change a refund
           coalesce(pg_catalog.bool_or(p.refund_id IS NOT NULL AND (
               p.session_id OPERATOR(pg_catalog.=) f.session_id
               AND p.account_id OPERATOR(pg_catalog.=) f.account_id
               AND p.attempt OPERATOR(pg_catalog.=) f.attempt
               AND p.again = f.again
               AND p.amount = f.amount::numeric
               AND p.layer = f.layer
               AND p.run_id IS NOT DISTINCT FROM f.run_id
               AND p.created_at = :as_of::timestamptz
           ) IS NOT TRUE), false) AS altered
    FROM sweeper_fit AS f
    FULL JOIN sweeper_paid AS p ON p.refund_id = f.refund_id
) AS written,
(
    SELECT pg_catalog.count(*) AS sessions,
           coalesce(pg_catalog.bool_and(b.guarded), true) AS guarded
    FROM sweeper_booked AS b
) AS booked,
(
    SELECT coalesce(pg_catalog.array_agg(p.session_id::text), '{}') AS paid_sessions,
           coalesce(pg_catalog.array_agg(p.account_id::text), '{}') AS paid_accounts,
           coalesce(pg_catalog.array_agg(p.amount::text), '{}') AS paid_amounts,
           coalesce(pg_catalog.array_agg(p.reason), '{}') AS paid_reasons
    FROM sweeper_paid AS p
) AS paid,
(
    SELECT coalesce(pg_catalog.sum(m.refunds), 0) AS moved_refunds,
           coalesce(pg_catalog.array_agg(m.account_id::text), '{}') AS moved_accounts,
           coalesce(pg_catalog.array_agg(m.amount::text), '{}') AS moved_amounts
    FROM sweeper_moved AS m
) AS moved,
(
    SELECT coalesce(pg_catalog.array_agg(h.session_id::text), '{}') AS held_sessions,
           coalesce(pg_catalog.array_agg(h.why), '{}') AS held_reasons
    FROM sweeper_held AS h
    WHERE h.new
) AS held,
(
    SELECT coalesce(pg_catalog.array_agg(v.session_id::text), '{}') AS busy_sessions
    FROM sweeper_looked AS v
    WHERE v.verdict = 'owed'
      AND v.hold_reason IS NULL
      AND (
          coalesce(NOT (v.account_id OPERATOR(pg_catalog.=) ANY (:account_ids::text[]::text[])), false)
      )
) AS busy;

ROLLBACK;
