-- That the app's own ledger does not have the refund.
AND NOT EXISTS (
          SELECT
          FROM {ledger} AS l
          WHERE {ledger_session} = v.session_id::{ledger_session_type}
            AND {ledger_attempt} = v.attempt
            AND {ledger_where}
      )
