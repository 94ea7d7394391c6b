-- Which rows of the app's ledger, l, an audit reads: all, or only those of these sessions.
(
    %(session_ids)s::text[] IS NULL
    OR {ledger_session} {ledger_session_eq} ANY (ARRAY(
        SELECT picked.session_id{ledger_session_as}
        FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) AS picked (session_id)
    ))
)
