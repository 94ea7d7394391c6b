-- The first of several times that a row knows. The transaction's TimeZone is the mapping's, so a timestamp without zone is
-- read in it.
coalesce({each moments ", "}({moment})::timestamptz{end})
