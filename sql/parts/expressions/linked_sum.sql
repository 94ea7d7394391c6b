-- What the rows of a ledger come to whose json names the session.
(SELECT sum(l.{amount}) FROM {ledger} AS l WHERE l.{json} ->> {name} = s.{key}::text)
