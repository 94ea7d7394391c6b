-- Whether the account is gone.
NOT EXISTS (
                SELECT
                FROM {accounts} AS a
                WHERE {accounts_id} = v.account_id
            )
