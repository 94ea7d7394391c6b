-- The parameter types of refund(). Where Citus distributes sessions by account, the account may be given, which saves a
-- hop.
{session_type}, text, text, text{if by_account}, {account_type}{end}
