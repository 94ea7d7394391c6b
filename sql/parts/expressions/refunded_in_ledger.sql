-- Whether a ledger has a refund of the session.
EXISTS (SELECT FROM {ledger} AS l WHERE l.{session} = {key} AND {refunds})
