-- The types of what refund() is given. Where Citus has sessions by account, that may be named, too: it is one hop less.
{session_type}, text, text, text{if by_account}, {account_type}{end}
