import { posix } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Git } from "../git/git.ts";
import type { Change } from "../git/tree_changes.ts";

const LARGE_BYTES = 5 * 1024 * 1024;

/** Things that are secrets whatever they stand in. Few, and precise: a gate that cries wolf is switched off. */
const SECRETS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/],
  ["an API key", /\bsk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{32,}\b/],
  ["a Slack token", /\bxox[abprs]-[A-Za-z0-9-]{20,}\b/],
  ["a Google API key", /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/],
  ["a GitLab token", /\bglpat-[0-9A-Za-z_-]{20,}\b/],
  ["a Stripe key", /\b[rs]k_live_[0-9A-Za-z]{20,}\b/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/],
];

const filler = (chars: number): string => "a1B2".repeat(chars).slice(0, chars);

/** One text for each of them that is none: put together here, so that it stands in no file that is looked at. */
export const SECRETS_SAMPLES: readonly (readonly [name: string, text: string])[] = [
  ["a private key", `-----BEGIN ${"PRIVATE"} KEY-----`],
  ["an AWS access key", `AKIA${filler(16).toUpperCase()}`],
  ["a GitHub token", `ghp_${filler(36)}`],
  ["an API key", `sk-${filler(40)}`],
  ["a Slack token", `xoxb-${filler(24)}`],
  ["a Google API key", `AIza${filler(35)}`],
  ["a GitLab token", `glpat-${filler(20)}`],
  ["a Stripe key", `sk_live_${filler(24)}`],
  ["an npm token", `npm_${filler(36)}`],
];

/** What kind of secret a text holds; null: none that is known. */
export const secretIn = (text: string): string | null => SECRETS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;

/** Where contents are read from, and whether those that are no text may come in. */
type Objects = { git: Pick<Git, "objects">; allow_binary: boolean };

/** What no task may bring in, whatever it claims: links out of the repository, other repositories, huge files, secrets. */
export async function unsafeContent(changes: readonly Change[], candidate: Objects): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let at = 0; at < changes.length; at += READ_AT_ONCE) {
    const some = changes.slice(at, at + READ_AT_ONCE).map((change) => unsafeIn(change, candidate));
    findings.push(...(await Promise.all(some)).flat());
  }
  return findings;
}

/** Contents that are asked for together are one question to git, and so many of them fit into memory. */
const READ_AT_ONCE = 16;

async function unsafeIn(change: Change, candidate: Objects): Promise<Finding[]> {
  const { path, kind, new_mode, size_bytes } = change;
  const found = (code: string, message: string): Finding[] => [{ code, message, path }];
  if (path.includes("\uFFFD")) return found("unstorable_name", `"${path}" has a name that is not UTF-8`);
  if (kind === "gitlink") return found("gitlink", `"${path}" is another git repository`);
  if (kind === "unstorable") return found("unstorable_name", `"${path}" is nothing that git can hold`);
  if (new_mode === "120000") {
    const target = await blob(candidate, change.new_oid);
    if (!leaves(path, target)) return [];
    return found("symlink_escape", `"${path}" is a link to "${target}", outside the repository`);
  }
  if (size_bytes === null || size_bytes === 0) return [];
  if (size_bytes > LARGE_BYTES) {
    const most = LARGE_BYTES / 1024 / 1024;
    const has = Math.round(size_bytes / 1024 / 1024);
    return found("large_file", `"${path}" has ${has} MiB; at most ${most} may be added`);
  }
  const text = await blob(candidate, change.new_oid);
  if (!candidate.allow_binary && text.slice(0, BINARY_CHARS).includes("\0"))
    return found("binary_file", `"${path}" is no text, and [scope] has allow_binary = false`);
  return secrets(candidate, change, text);
}

/** As git tells it: no text has a NUL so near its beginning. */
const BINARY_CHARS = 8_000;

function leaves(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  return (
    resolved === ".." || resolved.startsWith("../") || resolved.split("/").some((part) => part.toLowerCase() === ".git")
  );
}

/** Secrets in lines that the base does not have. */
async function secrets(candidate: Objects, { path, old_oid, old_mode }: Change, text: string): Promise<Finding[]> {
  if (!SECRETS.some(([, pattern]) => pattern.test(text))) return [];
  const before = new Set(old_mode === "000000" ? [] : (await blob(candidate, old_oid)).split("\n"));
  return text.split("\n").flatMap((line, at) => {
    const hit = before.has(line) ? undefined : SECRETS.find(([, pattern]) => pattern.test(line));
    return hit
      ? [{ code: "secret", message: `Line ${at + 1} of "${path}" looks like ${hit[0]}`, path, line: at + 1 }]
      : [];
  });
}

const blob = async ({ git }: Pick<Objects, "git">, oid: string): Promise<string> =>
  new TextDecoder().decode(await git.objects.content(oid));
