INSERT INTO wallets SELECT account, 50::money, 50::money, 0::money FROM planned GROUP BY account;
INSERT INTO calls
SELECT id, account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, (charge * 0.35)::numeric::money,
    (least(charge, 2) * 0.35)::numeric::money, false, started, CASE WHEN state <> 'waiting' THEN coalesce(ended, started) END, ended
FROM planned;
DO $$
DECLARE c calls; left_now money;
BEGIN
    FOR c IN SELECT * FROM calls WHERE price > 0::money ORDER BY begun_at LOOP
        UPDATE wallets SET bonus = bonus - c.of_bonus, cash = cash - (c.price - c.of_bonus), used = used + c.price
        WHERE id = c.wallet_id RETURNING bonus + cash INTO left_now;
        INSERT INTO wallet_lines (wallet_id, call_id, kind, value, balance, at) VALUES (c.wallet_id, c.id, 'call', -1 * c.price, left_now, c.begun_at);
    END LOOP;
END $$;
SELECT refund_call(id) FROM planned WHERE kind = 'refunded' ORDER BY ended;
