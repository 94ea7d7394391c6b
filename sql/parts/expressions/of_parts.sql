-- The sum of what the parts of a session cost.
(SELECT sum(p.{price}) FROM {parts} AS p WHERE p.{session} = s.{key})
