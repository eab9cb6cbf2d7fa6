import { z } from "zod";
import type { Listing } from "../facts.ts";
import { AnyPath } from "../input.ts";
import { defineTool, type Host, HostError } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./tree.txt" with { type: "text" };

export const tree = defineTool({
  name: "tree",
  description,
  input: z.strictObject({
    path: AnyPath.default(".").describe("Directory, relative to the root of the worktree"),
    max_depth: z.int().min(1).default(3).describe("How many levels"),
  }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path, max_depth }, host) {
    const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
    if (kind === null) return { ok: false, text: `Error: Cannot list "${path}": it does not exist` };
    if (kind !== "directory") return { ok: false, text: `Error: Cannot list "${path}": it is not a directory` };
    const shown: string[] = [];
    const whole = await branch(host, shown, { path, depth: 0, max_depth: Math.min(max_depth, DEPTH_MAX) });
    if (shown.length === 0) return { ok: true, text: "(empty directory)" };
    if (!whole) shown.push(`... truncated: the first ${shown.length} entries are shown; name a folder or less depth`);
    return { ok: true, text: shown.join("\n") };
  },
});

const DEPTH_MAX = 50;

/** Folders that tools fill: they are named, and what is in them is not. */
const FILLED = new Set("node_modules __pycache__ .venv venv .tox .mypy_cache .ruff_cache .pytest_cache".split(" "));

type Branch = { path: string; depth: number; max_depth: number };

/** Adds the lines of one folder. false: there were more than are shown. */
async function branch(host: Host, shown: string[], at: Branch): Promise<boolean> {
  const { path, depth, max_depth } = at;
  for (const { name, kind } of await entries(host, shown, at)) {
    if (shown.length >= TOOL_LIMITS.list_entries) return false;
    const folder = kind === "directory";
    const skipped = folder && FILLED.has(name);
    const deeper = folder && !skipped && depth + 1 < max_depth;
    shown.push(`${"  ".repeat(depth)}${JSON.stringify(name).slice(1, -1)}${mark(kind, skipped)}`);
    const own = path === "." ? name : `${path}/${name}`;
    if (deeper && !(await branch(host, shown, { path: own, depth: depth + 1, max_depth }))) return false;
  }
  return true;
}

/** A folder below the one that was asked for may have a name that no tool takes: it is shown as closed. */
async function entries(host: Host, shown: string[], { path, depth }: Branch): Promise<Listing["entries"]> {
  try {
    return (await host.list(path)).entries;
  } catch (error) {
    if (!(error instanceof HostError) || depth === 0) throw error;
    shown.push(`${"  ".repeat(depth)}(cannot be listed)`);
    return [];
  }
}

function mark(kind: string, skipped: boolean): string {
  if (kind === "directory") return skipped ? "/  (not shown)" : "/";
  if (kind === "file") return "";
  return kind === "link" ? "  (symbolic link)" : "  (special file)";
}
