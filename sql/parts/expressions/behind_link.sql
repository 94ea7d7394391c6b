-- The session of a row, l, that a table of links ties to it.
(SELECT k.{session} FROM {links} AS k WHERE k.{key} = l.{column} LIMIT 1)
