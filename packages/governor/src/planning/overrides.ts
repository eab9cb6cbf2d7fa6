import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PlanDraft } from "@dgov/sandbox/plan_draft";
import { parseProject } from "../config.ts";
import { PROJECT_FILE } from "../project_file.ts";
import { parseToml } from "../toml.ts";
import { writeAtomic } from "../write.ts";
import { isThere } from "./plan_tree.ts";

/** What a planner says the configuration has wrong. `why`: it was not applied because of this; null: it was. */
export type Override = { key: string; from: string | null; to: string; applied: boolean; why: string | null };

/**
 * Puts texts into [project] where such a key has a text already, and changes nothing else of the file: every other value and
 * every comment is as it was, or the key is left alone.
 */
export function overridden(root: string, { config_overrides }: PlanDraft, apply: boolean): Override[] {
  const wanted = Object.entries(config_overrides).flatMap(([key, to]) => (to === undefined ? [] : [{ key, to }]));
  if (wanted.length === 0) return [];
  const path = join(root, PROJECT_FILE);
  let text = isThere(path) ? readFileSync(path, "utf8") : "";
  const before = text;
  const overrides = wanted.map(({ key, to }): Override => {
    const from = valueIn(text, key);
    const left = (why: string): Override => ({ key, from, to, applied: false, why });
    if (from === null) return left("the file has no such text");
    if (from === to) return left("it is so already");
    if (!apply) return left("--apply-config was not given");
    const changed = replaced(text, { key, from, to });
    if (changed === null) return left("it cannot be written there without changing something else; do it by hand");
    text = changed;
    return { key, from, to, applied: true, why: null };
  });
  if (text !== before) writeAtomic(path, text);
  return overrides;
}

const projectTable = (text: string): Readonly<Record<string, unknown>> | null => {
  const { toml } = parseToml(new TextEncoder().encode(text), PROJECT_FILE);
  const table = (toml?.value as { project?: unknown } | undefined)?.project;
  return typeof table === "object" && table !== null ? (table as Record<string, unknown>) : null;
};

function valueIn(text: string, key: string): string | null {
  const value = projectTable(text)?.[key];
  return typeof value === "string" ? value : null;
}

/** The text with another value on the line of this key; null: it would say more than that, or no longer be a project. */
function replaced(text: string, { key, from, to }: { key: string; from: string; to: string }): string | null {
  const line = new RegExp(`^([ \\t]*${key}[ \\t]*=[ \\t]*)("(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*')`, "m");
  const changed = text.replace(line, (_, begin: string) => begin + JSON.stringify(to));
  const back = parseToml(new TextEncoder().encode(changed), PROJECT_FILE).toml;
  const was = parseToml(new TextEncoder().encode(text), PROJECT_FILE).toml;
  if (!back || !was || valueIn(changed, key) !== to) return null;
  const table = (back.value as { project: Record<string, unknown> }).project;
  const same = { ...back.value, project: { ...table, [key]: from } };
  if (JSON.stringify(same) !== JSON.stringify(was.value)) return null;
  const { project } = parseProject("", new TextEncoder().encode(changed));
  return project === null ? null : changed;
}
