-- What an app's ledger says was taken for a session and not given back.
(SELECT {sign}sum(l.{amount}) FROM {ledger} AS l WHERE l.{session} = {key}{also})
