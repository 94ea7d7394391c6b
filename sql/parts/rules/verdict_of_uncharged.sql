-- What was not charged by the app's books is not given back. Where they say nothing, and begin later than the session, nobody
-- knows: that is a hold.
WHEN (v.charged::numeric > 0::numeric) IS NOT TRUE AND ({include charge_unknown}) IS NOT TRUE THEN 'uncharged'
