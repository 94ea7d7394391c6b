-- Whether a session owes nothing.
({amount}) IS NULL OR ({amount})::numeric <= 0::numeric
