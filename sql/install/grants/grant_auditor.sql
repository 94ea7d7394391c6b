-- What a role needs that only reads: `run --dry-run`, `audit`, `explain`, `history`, `check`.
{include grant_read}
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {refunds}, {reversals}, {holds}, {runs}, {settings}, {locks} TO {role};
