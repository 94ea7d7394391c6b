-- A value of the file, cast to another type and collation.
({value}){cast}
