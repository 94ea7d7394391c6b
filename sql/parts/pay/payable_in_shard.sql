-- A refund to be written, with the moment of failure that the session's row now gives.
p.sweeper_refund_id AS refund_id, p.sweeper_session_id AS session_id, p.sweeper_account_id AS account_id,
p.sweeper_attempt AS attempt, p.sweeper_again AS again, p.sweeper_amount AS amount, p.sweeper_reason AS reason,
p.sweeper_detail AS detail,{if charged} p.sweeper_charged AS charged,{end}{if shares} p.sweeper_shares AS shares,{end} p.failed_at
