-- A subquery of the file by itself: whether the server can read it where it is put.
EXISTS {subquery}
