-- The charge of a session, as the app's ledger has it.
(SELECT {sign}sum(l.{amount}) FROM {ledger} AS l WHERE l.{session} = {key} AND {charge})
