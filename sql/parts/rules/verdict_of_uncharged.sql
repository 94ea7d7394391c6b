-- What was not charged by the app's books is not refunded. Where they have nothing, and begin later than the session, it
-- is not known: that is a hold.
WHEN (v.charged::numeric > 0::numeric) IS NOT TRUE AND ({include charge_unknown}) IS NOT TRUE THEN 'uncharged'
