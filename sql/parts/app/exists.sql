-- A subquery of the file alone, to see whether the server accepts it there.
EXISTS {subquery}
