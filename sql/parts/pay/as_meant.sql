-- Whether a row of the app's ledger, l, has the intended amounts and account.
{if meant}{each meant " AND "}l.{column}::{type}{if as_text}::text{end} IS NOT DISTINCT FROM meant.{name}::{type}{if as_text}::text{end}{end}{else}true{end}
