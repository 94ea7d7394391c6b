-- Finds rows of the app's ledger that look like refunds of sessions that would be paid, and that `ledger.where` leaves
-- out. A row looks like a refund by its words, or because it gives back most of what the session's other rows took; all
-- of it, where the amount is read from the ledger, which may already subtract a part that was refunded, and where no
-- amount has a sign, its words must say so, too. In a table of refunds, each row does whose state is not that it was
-- never made.
SELECT l.session_id,
       l.words,
       (l.up >= l.down) IS TRUE AS whole
FROM (
    SELECT l.session_id,
           pg_catalog.string_agg(DISTINCT l.words, ', ') FILTER (WHERE l.gives_back) AS words,
           pg_catalog.sum(l.amount) FILTER (WHERE l.gives_back) AS up,
           -pg_catalog.sum(l.amount) FILTER (WHERE l.amount < 0::numeric) AS down,
           -- where amounts have no sign, words give the direction
           pg_catalog.sum(l.amount) FILTER (WHERE l.words ~* %(up_words)s::text) AS came,
           pg_catalog.sum(l.amount) FILTER (WHERE l.words ~* %(down_words)s::text) AS went,
           pg_catalog.sum(l.amount) FILTER (WHERE l.words ~* %(refund_words)s::text) AS refunded,
           pg_catalog.sum(l.amount) FILTER (WHERE l.words !~* %(refund_words)s::text) AS others
    FROM (
        SELECT v.session_id::text AS session_id,
               l.words,
               l.amount,
               -- a reservation may be booked as a positive number, too
               l.amount > 0::numeric
               AND (l.words !~* %(down_words)s::text OR l.words ~* %(refund_words)s::text) AS gives_back
        {include mapped_sessions}
        CROSS JOIN LATERAL (
            SELECT pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words,
                   l.{amount_column}::numeric AS amount
            FROM {ledger} AS l
            WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
              AND ({ledger_where}) IS NOT TRUE{if account_column}
              AND {include same_account}{end}{each states ""}
              AND (l.{column}::text ~* %(not_made)s::text) IS NOT TRUE{end}{each qualifiers ""}
              AND ({qualifier}){end}
        ) AS l
        WHERE {include chosen}
          AND NOT v.excluded
          AND {include is_charged}
          AND {include not_paid_yet}
        LIMIT 100000
    ) AS l
    GROUP BY 1
) AS l
WHERE {if netted}(l.up >= l.down OR l.down IS NULL AND l.refunded >= l.others){else}(l.words ~* %(refund_words)s::text
      OR l.up >= l.down / 2::numeric
      OR l.down IS NULL AND l.came >= l.went / 2::numeric{if states}
      OR l.up > 0::numeric{end}){end}
