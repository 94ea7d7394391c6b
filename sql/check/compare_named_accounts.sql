-- For some sessions that cost something, the account and the row that a foreign key of theirs names, and whether each
-- of the two rows was changed since the session began, as a charge changes it.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account,
       {if account_folds}CASE
           WHEN s.{column}::text::{account_type}{account_collate} {account_eq} v.account_id THEN v.account_id::text
           ELSE s.{column}::text
       END{else}s.{column}::text{end} AS named,
       {if touched}ours.at >= v.started_at - interval '10 s'{else}NULL::boolean{end} AS ours_changed,
       {if touched}theirs.at >= v.started_at - interval '10 s'{else}NULL::boolean{end} AS theirs_changed,
       {if touched}theirs.at <= v.started_at + interval '10 s'{else}NULL::boolean{end} AS theirs_not_later
{include mapped_sessions}
{if touched}
LEFT JOIN LATERAL (
    SELECT a.{touched}::timestamptz AS at
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
) AS ours ON true
LEFT JOIN LATERAL (
    SELECT a.{touched}::timestamptz AS at
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} s.{column}
) AS theirs ON true
{end}
WHERE {include chosen}
  AND v.amount::numeric > 0::numeric
  AND v.account_id IS NOT NULL
  AND s.{column} IS NOT NULL
