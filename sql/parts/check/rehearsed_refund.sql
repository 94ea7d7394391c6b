-- The refund that a session, v, would get, under the names that the file's expressions may use. Made up, and never
-- written.
(SELECT '00000000-0000-7000-8000-000000000000'::uuid AS refund_id,
        v.session_id,
        v.account_id,
        v.attempt,
        v.amount,
        'workflow_failure'::text AS reason,
        v.error AS detail,
        'sweeper'::text AS layer,
        '00000000-0000-7000-8000-000000000000'::uuid AS run_id,
        %(as_of)s::timestamptz AS at,
        0::numeric AS balance_before,
        0::numeric AS balance_after)
