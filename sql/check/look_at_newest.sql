-- Reads what the mapping gives for some of the newest sessions, and which of them are not refunded.
SELECT v.session_id::text AS session_id,
       v.status::text AS status,
       v.amount::numeric::text AS amount,
       extract(epoch FROM %(as_of)s::timestamptz - v.started_at)::float8 AS age,
       v.excluded AS excluded,
       {if never}v.never{else}false{end} AS never,
       {if charged}(v.charged::numeric <= 0::numeric) IS TRUE{else}false{end} AS given_back,
       {if charged}(v.charged::numeric > 0::numeric) IS TRUE{else}true{end} AS is_charged,
       NOT v.excluded AND {include not_paid_yet} AS unpaid
{include mapped_rows}
