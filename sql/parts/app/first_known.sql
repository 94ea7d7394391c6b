-- The first of several times that a row knows.
coalesce({each moments ", "}{moment}{end})
