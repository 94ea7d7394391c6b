-- Lists the next accounts in the order of their ids, to find the one for which `accounts.invariant` fails.
SELECT {accounts_id}::text AS account_id
FROM {accounts} AS a
WHERE %(after)s::text IS NULL
   OR {accounts_id} {account_gt} %(after)s::text::{account_type}
ORDER BY {accounts_id}
LIMIT %(page_size)s::bigint
