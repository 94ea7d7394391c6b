-- The columns of the app's ledger that a refund writes, and the sequences that its other columns draw from.
GRANT INSERT ({ledger_columns}) ON {ledger} TO {role};{ledger_sequences}
