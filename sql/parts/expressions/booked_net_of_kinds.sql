-- What an app's ledger of amounts without a sign says was charged for a session and not refunded.
(SELECT sum(CASE WHEN {refund} THEN -l.{amount} ELSE l.{amount} END) FROM {ledger} AS l WHERE l.{session} = {key} AND ({charge} OR {refund}){also})
