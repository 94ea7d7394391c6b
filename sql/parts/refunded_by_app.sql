-- Whether the app's own ledger has the refund. A subquery's own table is what the app's bare names mean first.
(
            SELECT true
            FROM {ledger} AS l
            WHERE {ledger_session} = v.session_id::{ledger_session_type}
              AND {ledger_attempt} = v.attempt
              AND {ledger_where}
            LIMIT 1
        )
