-- What the app's books did not charge is not refunded. Where they have nothing, and start later than the session, that
-- is not known, and the session is put on hold.
WHEN (v.charged::numeric > 0::numeric) IS NOT TRUE AND ({include charge_unknown}) IS NOT TRUE THEN 'uncharged'
