-- Whether the state of an account, l, is a word for one that is closed.
l.{column}::text ~* {words}
