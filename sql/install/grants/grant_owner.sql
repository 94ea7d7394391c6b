-- What a role of its own needs (CREATE ROLE {role} NOLOGIN;) that owns refund() and the fence. Both run with the
-- rights of their owner: these, and not those of whoever installs. A later install leaves the owner as it is. Whoever
-- is no superuser must be a member of the role, and lends it CREATE for the moment.
{include grant_runner}
GRANT CREATE ON SCHEMA {schema} TO {role};
ALTER FUNCTION {schema}.refund({refund_types}) OWNER TO {role};
{if fence}
ALTER FUNCTION {schema}.fence() OWNER TO {role};
{end}
REVOKE CREATE ON SCHEMA {schema} FROM {role};
