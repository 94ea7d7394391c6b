-- Finds until when the ledger lacks some of what runs, or the app's layers, paid: somebody deleted rows in spite of the
-- trigger; or sweeper's tables were restored, as from a dump; or the app's own ledger has lost what was written there.
-- Reads the ended runs since the moment from which sessions are looked at; null when nothing is missing.
SELECT greatest((
           {if by_account}
           SELECT pg_catalog.max(run.as_of)
           FROM (
               SELECT run.run_id, run.as_of, run.sessions
               FROM {runs} AS run
               WHERE run.ended_at IS NOT NULL
                 AND run.sessions > 0
                 AND run.as_of >= %(since)s::timestamptz
               OFFSET 0
           ) AS run
           LEFT JOIN (
               SELECT r.run_id, r.created_at, pg_catalog.count(*) AS sessions
               FROM {refunds} AS r
               WHERE r.created_at >= %(since)s::timestamptz
                 AND r.run_id IS NOT NULL
               GROUP BY r.run_id, r.created_at
               OFFSET 0
           ) AS written ON written.run_id = run.run_id AND written.created_at = run.as_of
           WHERE run.sessions > coalesce(written.sessions, 0::bigint)
           {else}
           SELECT run.as_of
           FROM {runs} AS run
           WHERE run.ended_at IS NOT NULL
             AND run.sessions > 0
             AND run.as_of >= %(since)s::timestamptz
             AND run.sessions > (
                 SELECT pg_catalog.count(*)
                 FROM {refunds} AS r
                 WHERE r.run_id = run.run_id AND r.created_at = run.as_of
             )
           ORDER BY run.as_of DESC
           LIMIT 1
           {end}
       ), (
           SELECT pg_catalog.max(layers.until)
           FROM (
               {include layers_counted}
           ) AS layers
       ), (
           SELECT (s.charge_key ->> 'put_back_at'::text)::timestamptz
           FROM {own_settings} AS s
       ){if ledger}{if by_account}{else},
       {include ledger_gone}{if notes_seen},
       {include seen_gone}{end}{end}{end}) AS missing_until
