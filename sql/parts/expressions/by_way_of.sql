-- Who pays, through the row that a session belongs to.
(SELECT p.{onward} FROM {between} AS p WHERE p.{key} = s.{column})
