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
];

/** Where contents are read from. */
type Objects = { git: Pick<Git, "objects"> };

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
  return secrets(candidate, change);
}

function leaves(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  return (
    resolved === ".." || resolved.startsWith("../") || resolved.split("/").some((part) => part.toLowerCase() === ".git")
  );
}

/** Secrets in lines that the base does not have. */
async function secrets(candidate: Objects, { path, new_oid, old_oid, old_mode }: Change): Promise<Finding[]> {
  const text = await blob(candidate, new_oid);
  if (!SECRETS.some(([, pattern]) => pattern.test(text))) return [];
  const before = new Set(old_mode === "000000" ? [] : (await blob(candidate, old_oid)).split("\n"));
  return text.split("\n").flatMap((line, at) => {
    const hit = before.has(line) ? undefined : SECRETS.find(([, pattern]) => pattern.test(line));
    return hit
      ? [{ code: "secret", message: `Line ${at + 1} of "${path}" looks like ${hit[0]}`, path, line: at + 1 }]
      : [];
  });
}

const blob = async ({ git }: Objects, oid: string): Promise<string> =>
  new TextDecoder().decode(await git.objects.content(oid));
