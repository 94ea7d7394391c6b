-- Runs what the app has deferred to the commit, so that it can be read back before the commit.
SET CONSTRAINTS ALL IMMEDIATE
