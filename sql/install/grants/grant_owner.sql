-- Grants what a role that owns refund() and the fence needs (CREATE ROLE {role} NOLOGIN;). Both run with its rights,
-- not with those of the role that installs. A later install leaves the owner as it is. A role that is not a superuser
-- must be a member of the owner, and grants it CREATE until the functions are its own.
{include grant_runner}
GRANT CREATE ON SCHEMA {schema} TO {role};
ALTER FUNCTION {schema}.refund({refund_types}) OWNER TO {role};
{if fence}
ALTER FUNCTION {schema}.fence() OWNER TO {role};
{end}
REVOKE CREATE ON SCHEMA {schema} FROM {role};
