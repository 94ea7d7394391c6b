-- The columns of the app's ledger that a refund writes.
GRANT INSERT ({ledger_columns}) ON {ledger} TO {role};
