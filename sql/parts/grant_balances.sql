-- The columns of the account that a refund changes.
GRANT UPDATE ({moved_columns}) ON {accounts} TO {role};
