import { type GitQuestion, gitWords } from "./git_question.ts";
import { shellQuote } from "./shell_quote.ts";
import { type Host, HostError } from "./tool.ts";
import { TOOL_LIMITS } from "./tool_limits.ts";

/** Nothing a worktree or a person's configuration says may start a program or change what git answers. */
const PINNED = [
  "env GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 LC_ALL=C.UTF-8",
  "git --no-pager --no-optional-locks -c core.fsmonitor=false -c core.hooksPath=/dev/null -c core.quotePath=true",
  "-c core.untrackedCache=false -c color.ui=false -c 'safe.directory=*'",
].join(" ");

/** A read-only git command, as text for `host.exec`. */
export const gitCommand = (args: readonly string[]): string => [PINNED, ...args.map(shellQuote)].join(" ");

/**
 * Asks git, here or, where nothing native may be started, outside.
 *
 * @throws HostError when it fails, takes too long, or says more than the limit
 */
export const gitRead = async (host: Asking, question: GitQuestion): Promise<string> =>
  (await answerBytes(host, question)).toString();

/** Whom git is asked of. */
type Asking = Pick<Host, "git" | "exec" | "scope">;

async function answerBytes(host: Asking, question: GitQuestion): Promise<Buffer> {
  if (host.git === undefined) return execRead(host, question);
  const reply = await host.git(question);
  if (!reply.ok) throw new HostError("io", `Cannot ask git: ${reply.why}`);
  return Buffer.from(reply.base64, "base64");
}

/** The content of a file at the base commit as a checkout would write it, or null when the base has no such file. */
export async function baseFile(host: Asking, path: string): Promise<{ bytes: Uint8Array; executable: boolean } | null> {
  const listed = await gitRead(host, { ask: "entry", path });
  if (listed === "") return null;
  const mode = listed.slice(0, 6);
  if (mode !== "100644" && mode !== "100755")
    throw new HostError("not_a_file", `Cannot take "${path}" from the base commit: it is not an ordinary file there`);
  return { bytes: await answerBytes(host, { ask: "blob", path }), executable: mode === "100755" };
}

export type Change = { path: string; kind: "added" | "changed" | "deleted" };

/** What the worktree changed against the base commit: also new files that git does not follow, not those it ignores. */
export async function changes(host: Host): Promise<Change[]> {
  const followed = await gitRead(host, { ask: "followed" });
  const found = new Map<string, Change["kind"]>();
  for (const line of lines(followed)) {
    const [letter = "", name = ""] = line.split("\t");
    found.set(unquote(name), letter === "A" ? "added" : letter === "D" ? "deleted" : "changed");
  }
  for (const path of await untracked(host)) found.set(path, found.get(path) === "deleted" ? "changed" : "added");
  return [...found].map(([path, kind]) => ({ path, kind })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function untracked(host: Host): Promise<string[]> {
  const listed = await gitRead(host, { ask: "untracked" });
  return lines(listed).map((line) => unquote(line).replace(/\/$/, ""));
}

/** Every file of the worktree that git does not ignore, sorted. */
export async function worktreeFiles(host: Host): Promise<string[]> {
  const all = lines(await gitRead(host, { ask: "files" })).map(unquote);
  const gone = new Set(lines(await gitRead(host, { ask: "deleted" })).map(unquote));
  return [...new Set(all)].filter((path) => !gone.has(path)).sort();
}

async function execRead(host: Asking, question: GitQuestion): Promise<Buffer> {
  const bytes = question.ask === "blob";
  const command = gitCommand(["--literal-pathspecs", ...gitWords(question, host.scope.base)]);
  const result = await host.exec({
    command: bytes ? `${command} | base64` : command, // output is text on its way, files are bytes
    timeout_ms: TOOL_LIMITS.git_ms,
    output_max_bytes: TOOL_LIMITS.git_max_bytes,
    clip_bytes: TOOL_LIMITS.git_max_bytes,
  });
  if (result.ended !== "exit" || result.exit !== 0 || result.omitted_bytes > 0) {
    const said = (result.tail || result.head).trim().slice(-500) || result.ended;
    throw new HostError("io", `Cannot ask git (${question.ask}): ${said}`);
  }
  return Buffer.from(result.head + result.tail, bytes ? "base64" : "utf8");
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Git's C-style quoting of a path with uncommon bytes. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  for (const [, octal, escaped, plain] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (escaped !== undefined) bytes.push(ESCAPES[escaped] ?? escaped.charCodeAt(0));
    else bytes.push(...Buffer.from(plain ?? ""));
  }
  return Buffer.from(bytes).toString();
}
