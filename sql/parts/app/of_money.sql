-- A value of the type money as the number that it is.
({value})::numeric
