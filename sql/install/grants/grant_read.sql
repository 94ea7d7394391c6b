-- Reading what the mapping reads of one table of the app.
GRANT USAGE ON SCHEMA {table_schema} TO {role};
GRANT SELECT{columns} ON {table} TO {role};
