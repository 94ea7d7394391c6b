-- Whether a row of the app's ledger, l, is of a kind.
l.{column}::text = {text}
