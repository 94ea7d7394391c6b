-- The sum of the rows of a ledger whose JSON names the session.
(SELECT sum(l.{amount}) FROM {ledger} AS l WHERE l.{json} ->> {name} = s.{key}::text)
