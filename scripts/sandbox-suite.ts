// Runs a file of tried tool calls through the real toolbox and the real jails, as the current user and, for root, as an
// ordinary one too; looks at the host from outside after each, and says what was right.
// Usage: bun scripts/sandbox-suite.ts FILE [--level bwrap|landlock|wasm] [--json] [--user NAME | --as-root]
// Exits with 1 when anything is wrong, 2 for wrong usage, 5 when a level is asked for that this machine does not have.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { serveIsolated } from "../packages/governor/src/isolated.ts";
import type { Level } from "../packages/sandbox/src/index.ts";
import { ownName, UserMissing } from "../test/sandbox/as_user.ts";
import { type Row, RowUnreadable, readRows } from "../test/sandbox/row.ts";
import { gather, levelsOf, type Order, obey, runLevel } from "../test/sandbox/suite.ts";
import { isRight, type LevelRun, renderRun, tally } from "../test/sandbox/tally.ts";

class Usage extends Error {}

async function main(argv: string[]): Promise<number> {
  try {
    const asked = read(argv);
    return await run(asked, readRows(contentOf(asked.file), asked.file));
  } catch (error) {
    if (!(error instanceof Usage || error instanceof RowUnreadable || error instanceof UserMissing)) throw error;
    console.error(error.message);
    return 2;
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Usage(`Cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

type Asked = { file: string; level: Level | null; json: boolean; user: string | null; as_root: boolean };

function read(argv: string[]): Asked {
  const usage =
    "Usage: bun scripts/sandbox-suite.ts FILE [--level bwrap|landlock|wasm] [--json] [--user NAME | --as-root]";
  const { values, positionals } = parsed(argv, usage);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new Usage(usage);
  const { level = null, json, user = null, "as-root": as_root } = values;
  const known = (["bwrap", "landlock", "wasm"] as const).find((one) => one === level) ?? null;
  if (level !== null && known === null) throw new Usage(`There is no level "${level}"\n${usage}`);
  if (user !== null && as_root) throw new Usage(`"--user" and "--as-root" say different things\n${usage}`);
  if (process.getuid?.() !== 0 && (as_root || (user !== null && user !== ownName())))
    throw new Usage("Only root can run as another user; leave the option out");
  return { file, level: known, json, user, as_root };
}

function parsed(args: string[], usage: string) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        level: { type: "string" },
        json: { type: "boolean", default: false },
        user: { type: "string" },
        "as-root": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new Usage(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

async function run({ level, json, ...asked }: Asked, rows: readonly Row[]): Promise<number> {
  const { runners, missing, remove } = gather(asked);
  const runs: LevelRun[] = [];
  try {
    for (const runner of runners) {
      const levels = await levelsOf(runner, level);
      // Side by side: each has a process and a laboratory of its own.
      runs.push(...(await Promise.all(levels.map((one) => runLevel(runner, one, rows)))));
    }
  } finally {
    remove();
  }
  if (runs.length === 0) return 5;
  const wrong = runs.flatMap(({ outcomes }) => outcomes).filter((one) => !isRight(one)).length;
  const data = { wrong, runs: runs.map((one) => ({ ...one, ...tally(one.outcomes) })) };
  if (json) console.log(JSON.stringify(data, null, 2));
  else console.log([...runs.map(renderRun), wrong === 0 ? "All is right" : `${wrong} wrong`].join("\n\n\n"));
  if (missing !== null) console.error(missing);
  return wrong === 0 && missing === null ? 0 : 1;
}

if (process.argv[2] === "__isolated") await serveIsolated(process.argv.slice(2));
else if (process.argv[2] === "__child") await obey((await new Response(Bun.stdin.stream()).json()) as Order);
else process.exit(await main(process.argv.slice(2)));
