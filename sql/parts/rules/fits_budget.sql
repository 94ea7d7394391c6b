-- Whether the credits cap leaves room for this session; one that will be put on hold needs none.
%(budget)s::numeric IS NULL
    OR v.amount::numeric <= %(budget)s::numeric
    OR ({include hold_reason}) IS NOT NULL
