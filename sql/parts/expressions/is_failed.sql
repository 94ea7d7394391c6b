-- Whether a session has failed.
({status}) {status_eq} ANY ({failed})
