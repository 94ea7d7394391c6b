// Error handlers of an app in Node, on node-postgres, each in a transaction of its own; some roll back.
// What they committed, and what the server refused, is the one line on stdout.
import pg from "pg";

const [url, seconds] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 8, options: "-c lock_timeout=5s" });
const end = Date.now() + 1000 * seconds;
const told = { committed: [], rolledBack: 0, errors: [] };

// One that locks the account first has sessions of its own: two handlers of the app must not lock crosswise.
const FIND = `
  SELECT id, user_id FROM prediction_sessions AS s
  WHERE NOT EXISTS (SELECT FROM sweeper.refunds WHERE session_id = s.id) AND (hashtext(id) % 4 = 0) = $1
  ORDER BY random() LIMIT 1`;

const before = {
  worker: async () => {},
  queue: (client, session) => client.query("UPDATE users SET updated_at = now() WHERE id = $1", [session.user_id]),
  retry: (client, session) =>
    client.query("UPDATE prediction_sessions SET error = 'gave up' WHERE id = $1", [session.id]),
  models: (client, session) =>
    client.query("UPDATE prediction_sessions SET status = 'error' WHERE id = $1", [session.id]),
};

async function handle(client, layer) {
  const { rows } = await client.query(FIND, [layer === "queue"]);
  if (rows.length === 0) return;
  await client.query("BEGIN");
  await before[layer](client, rows[0]);
  const refund = "SELECT sweeper.refund($1, 'workflow_failure', 'from Node', $2) AS amount";
  const amount = (await client.query(refund, [rows[0].id, layer])).rows[0].amount;
  await client.query("INSERT INTO notices VALUES ($1, $2)", [rows[0].id, amount]);
  if (Math.random() < 0.3) {
    await client.query("ROLLBACK");
    told.rolledBack += 1;
  } else {
    await client.query("COMMIT");
    if (Number(amount)) told.committed.push([rows[0].id, Number(amount), layer]);
  }
}

async function work(layer) {
  const client = await pool.connect();
  while (Date.now() < end) {
    try {
      await handle(client, layer);
    } catch (error) {
      told.errors.push(`${layer}: ${error.code} ${error.message}`);
      await client.query("ROLLBACK");
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  client.release();
}

await Promise.all(Object.keys(before).flatMap((layer) => [work(layer), work(layer)]));
await pool.end();
console.log(JSON.stringify(told));
