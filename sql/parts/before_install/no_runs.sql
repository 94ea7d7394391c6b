-- Takes the place of the runs in a dry run where nothing is installed yet: there are none.
(SELECT NULL::uuid AS run_id,
        NULL::timestamptz AS as_of,
        NULL::timestamptz AS started_at,
        NULL::timestamptz AS ended_at,
        NULL::bigint AS sessions,
        NULL::jsonb AS told
 WHERE false)
