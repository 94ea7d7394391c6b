-- Which rows of the app's ledger, l, are refunds of the session's charge, v.
{ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
  AND {ledger_attempt} {ledger_attempt_eq} v.attempt{ledger_attempt_as}
  AND {ledger_where}
