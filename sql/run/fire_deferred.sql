-- What the app has put off to the commit is done now: it is looked at before the commit, too.
SET CONSTRAINTS ALL IMMEDIATE
