-- Whether the app's own ledger has a refund of a session whose row is gone.
SELECT EXISTS (
           SELECT
           FROM {ledger} AS l
           WHERE {ledger_session}
                 {ledger_session_eq} %(session_id)s::text::{session_type}{ledger_session_as}
             AND {ledger_where}
       ) AS found
