-- Lists the Citus shard of these accounts' rows: a batch is of one shard, which is on one node.
SELECT asked.account_id,
       pg_catalog.get_shard_id_for_distribution_column({sessions_text}::regclass, asked.account_id::{account_type}) AS shard_id
FROM pg_catalog.unnest(%(account_ids)s::text[]) AS asked (account_id)
