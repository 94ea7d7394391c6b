-- Grants reading what the mapping reads of the app's tables.
{each reads "\n"}{if table_schema}GRANT USAGE ON SCHEMA {table_schema} TO {role};
{end}GRANT SELECT{if columns} ({columns}){end} ON {table} TO {role};{end}
{if row_security}
-- The role must see all rows of tables that have policies, which no GRANT allows.
ALTER ROLE {role} BYPASSRLS;
{end}
