-- What an app's ledger says was charged for a session and not refunded.
(SELECT {sign}sum(l.{amount}) FROM {ledger} AS l WHERE l.{session} = {key}{also})
