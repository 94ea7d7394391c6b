-- The database's own collation as a clause after a value or type, with the space before it.
 COLLATE pg_catalog."default"
