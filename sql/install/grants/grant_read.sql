-- Reading what the mapping reads of the app's tables.
{each reads "\n"}{if table_schema}GRANT USAGE ON SCHEMA {table_schema} TO {role};
{end}GRANT SELECT{if columns} ({columns}){end} ON {table} TO {role};{end}
{if row_security}
-- It must see all rows of tables that have policies, and no GRANT gives that.
ALTER ROLE {role} BYPASSRLS;
{end}
