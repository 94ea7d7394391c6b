-- Whether a ledger has a row whose JSON names the session.
EXISTS (SELECT FROM {ledger} AS l WHERE l.{json} ->> {name} = s.{key}::text)
