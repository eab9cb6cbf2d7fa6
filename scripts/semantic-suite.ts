// Merges a file of tried merges with git, and by symbols where git gives up; says the verdict on each, and what is not as
// the row states it. With --repository, replays the merge commits of a repository instead, and says what of those that
// people made cleanly and kept would be refused.
// Usage: bun scripts/semantic-suite.ts FILE [--json]
//        bun scripts/semantic-suite.ts --repository PATH [--limit N] [--only COMMIT,...] [--json]
// Exits with 1 when a stated verdict, subject or text is missed, 2 for wrong usage.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { openAnalyst } from "../test/semantic/analyst.ts";
import { replayHistory } from "../test/semantic/history.ts";
import { renderHistory, renderRows, rowJson } from "../test/semantic/render.ts";
import { RowUnreadable, readRows } from "../test/semantic/row.ts";
import { missesOf, runRows } from "../test/semantic/suite.ts";

class Usage extends Error {}

const USAGE =
  "Usage: bun scripts/semantic-suite.ts FILE [--json] | --repository PATH [--limit N] [--only COMMIT,...] [--json]";

async function main(argv: string[]): Promise<number> {
  try {
    const asked = read(argv);
    return asked.repository === null ? await rows(asked) : await history({ ...asked, repository: asked.repository });
  } catch (error) {
    if (!(error instanceof Usage || error instanceof RowUnreadable)) throw error;
    console.error(error.message);
    return 2;
  }
}

type Asked = {
  file: string;
  json: boolean;
  repository: string | null;
  limit: number;
  only: ReadonlySet<string> | null;
};

function read(args: string[]): Asked {
  const { values, positionals } = parsed(args);
  const [file, ...more] = positionals;
  const { json, repository = null, limit = "1000000", only } = values;
  if (more.length > 0 || (file === undefined) === (repository === null)) throw new Usage(USAGE);
  if (!/^\d+$/.test(limit)) throw new Usage(`"${limit}" is no number of merges\n${USAGE}`);
  return { file: file ?? "", json, repository, limit: Number(limit), only: only ? new Set(only.split(",")) : null };
}

function parsed(args: string[]) {
  const options = {
    json: { type: "boolean", default: false },
    repository: { type: "string" },
    limit: { type: "string" },
    only: { type: "string" },
  } as const;
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new Usage(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

async function rows({ file, json }: Asked): Promise<number> {
  const all = readRows(contentOf(file), file);
  const folder = mkdtempSync(join(tmpdir(), "semantic-suite-"));
  try {
    const said = await runRows(folder, openAnalyst(await openGrammars()), all);
    for (const one of said) if (json) console.log(JSON.stringify(rowJson(one)));
    if (!json) console.log(renderRows(said));
    return said.some((one) => missesOf(one).length > 0) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Usage(`Cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

async function history({ repository, limit, only, json }: Asked & { repository: string }): Promise<number> {
  const analyst = openAnalyst(await openGrammars());
  const tell = json ? (line: unknown) => console.log(JSON.stringify(line)) : () => {};
  const found = await replayHistory(repository, analyst, { limit, only, tell });
  console.log(json ? JSON.stringify(found) : renderHistory(found));
  return 0;
}

process.exit(await main(process.argv.slice(2)));
