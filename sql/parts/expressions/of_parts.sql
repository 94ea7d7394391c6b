-- What the parts of a session cost together.
(SELECT sum(p.{price}) FROM {parts} AS p WHERE p.{session} = s.{key})
