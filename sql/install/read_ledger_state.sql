-- Whether sweeper's own ledger has refunds, whether their attempts are any, and whether they are of sessions of this table.
SELECT EXISTS (SELECT FROM {refunds}) AS has_refunds,
       -- an older ledger kept them as text: empty where there was none
       EXISTS (
           SELECT
           FROM {refunds} AS r
           WHERE pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '') NOT IN ('', '0')
       ) AS has_attempts,
       NOT EXISTS (SELECT FROM {refunds}) OR EXISTS (
           SELECT
           FROM {refunds} AS r
           JOIN {sessions} AS s ON ({old_session_id})::text = r.session_id::text
       ) AS of_sessions,
       NOT EXISTS (
           SELECT
           FROM {refunds} AS r
           JOIN {sessions} AS s ON ({old_session_id})::text = r.session_id::text
       ) OR EXISTS (
           SELECT
           FROM {refunds} AS r
           JOIN (
               SELECT ({old_session_id})::text AS session_id,
                      ({attempt})::text AS attempt
               FROM {sessions} AS s
           ) AS mapped ON mapped.session_id = r.session_id::text
           WHERE pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '') = mapped.attempt
       ) AS of_attempts
