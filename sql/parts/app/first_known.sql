-- The first of several times of a row that is not null.
coalesce({each moments ", "}{moment}{end})
