-- Grants what a role that only reads needs: for `run --dry-run`, `audit`, `explain`, `history` and `check`.
{include grant_read}
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {refunds}, {reversals}, {holds}, {runs}, {settings}, {locks} TO {role};
