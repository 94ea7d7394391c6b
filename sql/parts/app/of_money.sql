-- A value of type money as a number.
({value})::numeric
