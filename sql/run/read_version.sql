-- What the server is, in its own words: the first that is asked, in place of what the library would ask.
SELECT pg_catalog.version()
