-- Whether a row gives an account back all that the rows of its session took of it.
(l.{name} > 0::numeric
    AND (l.{name} = -pg_catalog.sum(l.{name}) FILTER (WHERE l.{name} < 0::numeric) OVER of_session
            AND pg_catalog.bool_or(l.{name} < 0::numeric) OVER of_account
        -- both sides of each move are booked
        OR l.{name} = -pg_catalog.sum(l.{name}) FILTER (WHERE l.{name} < 0::numeric) OVER of_account
            AND pg_catalog.sum(l.{name}) OVER of_session = 0::numeric
        -- no amount has a sign
        OR NOT pg_catalog.bool_or(l.{name} < 0::numeric) OVER of_session
            AND l.words ~* %(refund_words)s::text
            AND l.{name} = pg_catalog.sum(l.{name}) FILTER (WHERE l.words !~* %(refund_words)s::text) OVER of_session)
) IS TRUE
