-- Whether a session failed so long ago that the app's layers are done with it, and not before the floor.
v.status {status_eq} ANY ({failed})
      AND ({include in_grace}) IS NOT TRUE
      AND (v.started_at::timestamptz < %(floor)s::timestamptz) IS NOT TRUE
