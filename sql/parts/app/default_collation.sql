-- The collation of the database, as a clause behind a value or a type, with the blank before it.
 COLLATE pg_catalog."default"
