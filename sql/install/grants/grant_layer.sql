-- Grants what the app's own role needs to call refund() from its error handlers.
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT EXECUTE ON FUNCTION {schema}.refund({refund_types}) TO {role};
