-- Whether a row of the app's ledger has a text, and is about no session.
{ledger_session} IS NULL AND l.{column}::text = ({text})::text
