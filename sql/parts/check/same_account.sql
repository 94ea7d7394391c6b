-- Whether a row of the app's, l, names the account of the session, in whatever spelling its type takes for the same.
{if account_folds}l.{account_column}::text::{account_type}{account_collate} {account_eq} v.account_id{else}l.{account_column}::text OPERATOR(pg_catalog.=) v.account_id::text{end}
