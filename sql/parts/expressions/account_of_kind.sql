-- Who pays, where an account names its owner by a kind and an id.
(SELECT a.{wanted} FROM {accounts} AS a WHERE a.{owner} = s.{column} AND a.{kind} = {value})
