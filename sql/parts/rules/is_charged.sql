-- Whether a session has an amount and, where the books say what was taken, a charge.
v.amount::numeric > 0::numeric{if charged}
AND v.charged::numeric > 0::numeric{end}
