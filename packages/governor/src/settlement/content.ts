import { posix } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Git } from "../git/git.ts";
import type { Change } from "../git/tree_changes.ts";

const LARGE_BYTES = 5 * 1024 * 1024;
const READ_MAX_BYTES = 1024 * 1024;

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
  for (const change of changes) {
    const { path, kind, new_mode, size_bytes } = change;
    const found = (code: string, message: string) => findings.push({ code, message, path });
    if (path.includes("\uFFFD")) found("unstorable_name", `"${path}" has a name that is not UTF-8`);
    else if (kind === "gitlink") found("gitlink", `"${path}" is another git repository`);
    else if (kind === "unstorable") found("unstorable_name", `"${path}" is nothing that git can hold`);
    else if (new_mode === "120000") {
      const target = await blob(candidate, change.new_oid);
      if (leaves(path, target)) found("symlink_escape", `"${path}" is a link to "${target}", outside the repository`);
    } else if (size_bytes !== null && size_bytes > LARGE_BYTES)
      found(
        "large_file",
        `"${path}" has ${Math.round(size_bytes / 1024 / 1024)} MiB; at most ${LARGE_BYTES / 1024 / 1024} may be added`,
      );
    else if (size_bytes !== null && size_bytes > 0 && size_bytes <= READ_MAX_BYTES)
      findings.push(...(await secrets(candidate, change)));
  }
  return findings;
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
