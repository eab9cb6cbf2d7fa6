import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Finding, Oid, RunId, TaskId } from "@dgov/kernel";
import { z } from "zod";
import { jsonIn } from "../json_text.ts";
import { writeAtomic } from "../write.ts";

/** Where a person's wishes lie until the governor has taken them: it alone writes the log. */
const FOLDER = ".dgov/runtime/requests";

export const Verb = z.enum(["cancel", "skip", "retry", "approve", "reject"]);
export type Verb = z.infer<typeof Verb>;

/** What a person says to a reviewer. */
export const Word = z.enum(["answer", "dismiss"]);
export type Word = z.infer<typeof Word>;

/** A blocker as its seat has named it, so that no other is meant when the wish is taken. */
const Named = z.strictObject({
  id: z.string().max(200),
  finding: Finding,
  seat: z.string().max(200),
  tree: Oid,
  attempt: z.int().min(1),
});

/**
 * What a person wants of a run. `task` is null for `cancel` alone, which is of the whole run then; `finding` is there for words
 * to a reviewer alone.
 */
export const Request = z.strictObject({
  run: RunId,
  verb: z.enum([...Verb.options, ...Word.options]),
  task: TaskId.nullable(),
  finding: Named.optional(),
  by: z.string().max(200),
  reason: z.string().max(2000),
  at_ms: z.int(),
});
export type Request = z.infer<typeof Request>;

/** Whether it is words to a reviewer, which the next run of the plan hears when this one is over. */
export const isWord = ({ verb }: Pick<Request, "verb">): boolean => Word.options.some((word) => word === verb);

/** A request and its file, by name in the folder. */
export type Filed = { file: string; request: Request };

/** Puts a request down, whole or not at all. `chance` in [0, 1) keeps two of one moment apart. @returns its file's name */
export function fileRequest(root: string, request: Request, chance: number): string {
  const name = `${String(request.at_ms).padStart(15, "0")}-${process.pid}-${Math.floor(chance * 1e9)}.json`;
  mkdirSync(join(root, FOLDER), { recursive: true });
  writeAtomic(join(root, FOLDER, name), `${JSON.stringify(request)}\n`);
  return name;
}

/** The names of what has not been taken yet, oldest first. */
export function requestFiles(root: string): string[] {
  try {
    return readdirSync(join(root, FOLDER))
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** What a file asks for; null: it is no request, or is gone. */
export function readRequest(root: string, file: string): Request | null {
  const read = Request.safeParse(jsonIn(textOf(join(root, FOLDER, file))));
  return read.success ? read.data : null;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

export const removeRequest = (root: string, file: string): void => rmSync(join(root, FOLDER, file), { force: true });
