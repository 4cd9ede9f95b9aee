// A local D1 database behind standard input and output: one JSON request a line, one JSON answer a line.
// Usage: node miniflare.mjs <path of the miniflare package> <state dir> <database id>
//   {"batch": ["SELECT 1", …]}  ->  {"results": [[row, …], …]}    one transaction, as wrangler sends a file
//   {"exec": "…"}               ->  {"count": n}                  D1's own splitting of a script: one statement a line
//   {"query": [{"sql": "SELECT ?", "params": [1]}, …]}  ->  {"query": [{results, success, meta}, …]}   one transaction
//   a refusal                   ->  {"error": "…"}
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { join } from "node:path";

const [miniflarePath, stateDir, databaseId] = process.argv.slice(2);
const { Miniflare, convertV4MiniflareOptions } = createRequire(import.meta.url)(miniflarePath);

// The same options as wrangler's own `d1 execute --local`, so that both open the same file.
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script: "",
    resourcePersistencePath: join(stateDir, "v3"),
    d1Databases: { DATABASE: databaseId },
  }),
);

async function answer(db, request) {
  if (request.exec !== undefined) {
    return { count: (await db.exec(request.exec)).count };
  }
  if (request.query !== undefined) {
    const bound = request.query.map(({ sql, params }) => db.prepare(sql).bind(...(params ?? [])));
    const done = await db.batch(bound);
    return { query: done.map(({ results, success, meta }) => ({ results: results ?? [], success, meta })) };
  }
  const done = await db.batch(request.batch.map((sql) => db.prepare(sql)));
  return { results: done.map((one) => one.results ?? []) };
}

const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

try {
  const db = await miniflare.getD1Database("DATABASE");
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(db, JSON.parse(line)));
    } catch (error) {
      say({ error: String((error.cause ?? error).message) });
    }
  }
} finally {
  await miniflare.dispose();
}
