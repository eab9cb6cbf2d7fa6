import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { componentInput, type Isolation } from "@dgov/sandbox";
import { COMPONENT_COMPILER, type Component } from "@dgov/sandbox/component";
import { z } from "zod";
import { jsonIn } from "./json_text.ts";
import { removeTree } from "./remove_tree.ts";
import type { Jail } from "./site.ts";

/** What became of a component: name → sha-256 of its compiled files; of a tool also the JSON Schema of its input. */
export type Made = z.infer<typeof Made>;
const Made = z.strictObject({
  files: z.record(z.string(), z.string()),
  parameters: z.record(z.string(), z.unknown()).nullable(),
});

/** Compiles components. Its jail is opened with the first of them. */
export type Workshop = {
  /** Keeps what it makes under `key`. @returns why it cannot be made, for a person to mend */
  make(key: string, bytes: Uint8Array, wanted: Omit<Component, "folder" | "files">): Promise<Made | { why: string }>;
  close(): Promise<void>;
};

const RECORD = "made.json";

/** Equal keys: the same component, compiled alike and checked alike. */
export const componentKey = (bytes: Uint8Array, { kind, clock }: Pick<Component, "kind" | "clock">): string =>
  createHash("sha256").update(`${COMPONENT_COMPILER}\0${kind}\0${clock}\0`).update(bytes).digest("hex");

/** What was made there before; null where it must be made, again or for the first time. */
export function readMade(folder: string): Made | null {
  const record = join(folder, RECORD);
  if (!existsSync(record)) return null;
  const { data } = Made.safeParse(jsonIn(readFileSync(record, "utf8")));
  return data && Object.keys(data.files).every((name) => existsSync(join(folder, name))) ? data : null;
}

/** `folder`: where it keeps what it makes; it is made when there is something to keep. */
export function createWorkshop(jail: Pick<Jail, "start">, folder: string): Workshop {
  const opened: { stage: string | null; isolation: Isolation | null } = { stage: null, isolation: null };
  const open = async () => {
    // Of the name that a later run removes, should we be killed.
    opened.stage ??= realpathSync(mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)));
    const place = { root: opened.stage, write: "all", git_dir: null, network: "none", scope: null } as const;
    opened.isolation ??= await jail.start(place);
    return { stage: opened.stage, isolation: opened.isolation };
  };
  return {
    async make(key, bytes, wanted) {
      const { stage, isolation } = await open();
      const into = join(stage, key);
      mkdirSync(into);
      const made = await compiled(isolation, { stage, into, bytes, wanted });
      if ("why" in made) return made;
      writeFileSync(join(into, RECORD), JSON.stringify(made));
      keep({ from: into, to: join(folder, key), names: [RECORD, ...Object.keys(made.files)] });
      return made;
    },
    async close() {
      await opened.isolation?.stop();
      if (opened.stage !== null) removeTree(opened.stage);
    },
  };
}

type Making = { stage: string; into: string; bytes: Uint8Array; wanted: Omit<Component, "folder" | "files"> };

async function compiled(isolation: Isolation, making: Making): Promise<Made | { why: string }> {
  const { stage, into, bytes, wanted } = making;
  const { name, kind, clock } = wanted;
  const file = join(stage, "component.wasm");
  writeFileSync(file, bytes);
  const answer = await isolation.component({ do: "compile", name, kind, clock, file, into });
  if (!answer.ok) return { why: answer.why };
  const files = Made.shape.files.parse(JSON.parse(answer.text));
  if (kind === "gate") return { files, parameters: null };
  const told = await isolation.component({ do: "describe", component: { ...wanted, folder: into, files } });
  if (!told.ok) return { why: `it cannot describe its input: ${told.why}` };
  const parameters = z.record(z.string(), z.unknown()).safeParse(jsonIn(told.text));
  const unfit = 'what it says of its input is no JSON Schema of an object; let "describe" return one';
  if (!parameters.success) return { why: unfit };
  const fault = inputFault(parameters.data);
  return fault === null ? { files, parameters: parameters.data } : { why: `${unfit} (${fault})` };
}

function inputFault(parameters: Record<string, unknown>): string | null {
  try {
    componentInput(parameters);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Keeping = { from: string; to: string; names: readonly string[] };

/** The copy is whole or not there. Temporary files may be on another disk, so it is not just moved. */
function keep({ from, to, names }: Keeping): void {
  const draft = `${to}.${process.pid}`;
  removeTree(draft);
  mkdirSync(draft, { recursive: true });
  for (const name of names) writeFileSync(join(draft, name), readFileSync(join(from, name)));
  removeTree(to);
  renameSync(draft, to);
}
