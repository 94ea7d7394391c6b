-- A value of the file as another type, and by another collation.
({value}){cast}
