-- A subquery of the file alone.
EXISTS {subquery}
