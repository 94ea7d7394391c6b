-- Whether a ledger has a row whose json names the session.
EXISTS (SELECT FROM {ledger} AS l WHERE l.{json} ->> {name} = s.{key}::text)
