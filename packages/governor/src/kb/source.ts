import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { IssueCode } from "./article.ts";

/**
 * What an article is derived from: a file of the repository; with `#L3-L9` some of its lines, and with `@sha256:HEX` the
 * beginning of the SHA-256 that they had when the article was written.
 */
export type Source = { file: string; from: number | null; to: number | null; sha256: string | null };

const MARKED = /^(.+?)(?:#L(\d{1,7})(?:-L(\d{1,7}))?)?(?:@sha256:([0-9a-f]{8,64}))?$/;
/** What is larger is no text that an article is written from. */
const SIZE_MAX = 16 * 1024 ** 2;

/** `stale`: it is there, and no longer what it was; `now` is its hash, or null where it was not asked for. */
export type Looked = { fault: { code: IssueCode; message: string } | null; stale: boolean; now: string | null };

/** A file whose very name looks marked is that file: older articles know no marks. */
export function readSource(root: string, text: string): Source {
  const whole = { file: text, from: null, to: null, sha256: null };
  if (kindOf(join(root, text)) !== "none") return whole;
  const [, file = text, from, to, sha256] = MARKED.exec(text) ?? [];
  const first = from === undefined ? null : Number(from);
  return { file, from: first, to: to === undefined ? first : Number(to), sha256: sha256 ?? null };
}

/** Whether a source is there, within the repository and outside of the knowledge base, and still what it was. */
export function lookAt(root: string, text: string, folder: string): Looked {
  const source = readSource(root, text);
  const fault = faultOf(root, { text, source, folder });
  if (fault) return { fault, stale: false, now: null };
  if (source.from === null && source.sha256 === null) return { fault: null, stale: false, now: null };
  const read = partOf(root, source);
  if (typeof read === "string") return { fault: { code: "bad_source", message: read }, stale: false, now: null };
  const now = createHash("sha256").update(read).digest("hex");
  return { fault: null, stale: source.sha256 !== null && !now.startsWith(source.sha256), now };
}

function faultOf(
  root: string,
  { text, source: { file }, folder }: { text: string; source: Source; folder: string },
): Looked["fault"] {
  const bad = (why: string) => ({ code: "bad_source" as const, message: `the source "${text}" ${why}` });
  const parts = file.split("/").filter((part) => part !== "" && part !== ".");
  if (file.startsWith("/") || /^[A-Za-z]:|\\/.test(file)) return bad("must be relative to the repository");
  if (parts.includes("..")) return bad("leads out of the repository");
  if (parts.join("/") === folder || parts.join("/").startsWith(`${folder}/`))
    return bad("is in the knowledge base: that is no authority for itself");
  const kind = kindOf(join(root, file));
  if (kind === "none") return { code: "missing_source", message: `the source "${text}" is not there` };
  if (kind !== "file") return bad("is not a file");
  const real = realpathSync(join(root, file));
  return real.startsWith(`${realpathSync(root)}${sep}`) ? null : bad("leads out of the repository");
}

/** @returns why there is none, in a sentence */
function partOf(root: string, { file, from, to }: Source): Buffer | string {
  const path = join(root, file);
  if (statSync(path).size > SIZE_MAX) return `the source "${file}" is too large to be looked at (16 MiB)`;
  const bytes = readFileSync(path);
  if (from === null || to === null) return bytes;
  const lines = bytes.toString("latin1").split("\n");
  const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
  if (from < 1 || to < from || to > count) return `the source "${file}" has ${count} lines, not ${from} to ${to}`;
  return Buffer.from(
    lines
      .slice(from - 1, to)
      .map((line) => `${line.replace(/\r$/, "")}\n`)
      .join(""),
    "latin1",
  );
}

function kindOf(path: string): "file" | "other" | "none" {
  if (path.includes("\0")) return "none";
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "none" : found.isFile() ? "file" : "other";
}
