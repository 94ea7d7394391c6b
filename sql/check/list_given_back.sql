-- Lists for some sessions whether the app has refunded each itself, going by its ledger or by marks on the sessions.
SELECT {session_id}::text AS session_id,
       {status}::text AS status,
       {if by_exclude}({exclude}) IS TRUE{else}false{end}{each flags ""} OR s.{column} IS TRUE{end}{each moments ""} OR s.{column} IS NOT NULL{end}{each numbers ""} OR (s.{column}::numeric > 0::numeric) IS TRUE{end}{if ledger} OR EXISTS (
           SELECT
           FROM {ledger} AS l
           WHERE {past_session} {past_session_eq} {session_id}{past_session_as}
             AND {past_where}{if past}{else}
             AND coalesce({ledger_attempt} {ledger_attempt_eq} ({attempt}){ledger_attempt_as}, true){end}
       ){end} AS given_back
FROM {sessions} AS s
WHERE {include chosen}{if never}
  AND ({never}) IS NOT TRUE  -- sessions that the file leaves out{end}
  AND NOT EXISTS (
      SELECT
      FROM {refunds} AS r
      WHERE r.session_id {session_eq} {session_id} AND r.layer <> 'adopted'{if by_account} AND r.account_id {account_eq} {account}{end}
  )
