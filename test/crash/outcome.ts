import { readdirSync, readlinkSync } from "node:fs";
import { verifyLog } from "../../packages/governor/src/log_verify.ts";
import { eventsOf, git, type Place } from "../repo.ts";
import { SHAPES, wroteBy } from "./shapes.ts";

/** What a run has come to, in the user's eyes and in the log's: the same for every run of a shape, however it was disturbed. */
export type Outcome = { tree: string; status: string; commits: string[]; landed: string[]; files: string };

export const outcomeOf = (place: Place): Outcome => ({
  tree: git(place, "rev-parse", "main^{tree}"),
  status: git(place, "status", "--porcelain"),
  files: git(place, "ls-files", "-s", "--", ":!.dgov"),
  commits: git(place, "log", "--format=%(trailers:key=Dgov-Task,valueonly,separator=%x20)", "main")
    .split("\n")
    .filter(Boolean)
    .sort(),
  landed: eventsOf(place)
    .flatMap((event) => (event.kind === "task_landed" ? [event.task] : []))
    .sort(),
});

/** What a run must not leave behind, in words; none: it has left nothing. */
export async function leftovers(place: Place, shape: string): Promise<string[]> {
  const log = await verifyLog({ cwd: place.root, env: place.env }, null);
  const lost = git(place, "fsck", "--no-dangling", "--no-progress");
  return [
    ...(log.whole ? [] : [`the log: ${log.fault?.message}`]),
    ...(lost === "" ? [] : [`git: ${lost}`]),
    ...locks(place).map((path) => `a lock: ${path}`),
    ...(await processes(place)).map((one) => `a process: ${one}`),
    ...lostWork(place, shape),
  ];
}

function locks({ folder }: Place): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.lock$/.test(name) && !name.includes("/objects/"));
}

/** Processes of a run that has ended may still be ending for a moment. */
async function processes({ folder }: Place): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && isIn(pid, folder));
    if (found.length === 0 || tries === 250) return found.map((pid) => `${pid} ${linkOf(`/proc/${pid}/exe`)}`);
    await Bun.sleep(20);
  }
}

const isIn = (pid: string, folder: string): boolean =>
  [`/proc/${pid}/cwd`, `/proc/${pid}/root`].some((link) => linkOf(link).startsWith(folder));

/** "" for a process that is gone, or nobody's business; or that another test has put deeper than a path can say. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (["ENOENT", "ESRCH", "EACCES", "ENAMETOOLONG"].includes(code)) return "";
    throw error;
  }
}

/** Whatever a worker was told that it has written is in the commit that keeps its attempt, byte by byte. */
function lostWork(place: Place, shape: string): string[] {
  const refs = git(place, "for-each-ref", "--format=%(refname)", "refs/dgov/attempts").split("\n");
  return eventsOf(place).flatMap((event) => {
    if (event.kind !== "tool_called" || !event.ok || event.touched.length === 0) return [];
    const { task, attempt, n } = event;
    const played = SHAPES[shape]?.tasks[task.slice(task.lastIndexOf(".") + 1)]?.attempts ?? [];
    const call = played[Math.min(attempt, played.length) - 1]?.[n - 1];
    const wrote = call ? wroteBy(call) : null;
    if (wrote === null) return [];
    const ref = refs.find((name) => name.endsWith(`/${task}/${attempt}`));
    if (ref === undefined) return [`what ${task} wrote in attempt ${attempt} is kept nowhere`];
    const kept = Bun.spawnSync(["git", "show", `${ref}:${wrote.path}`], { cwd: place.root, env: place.env });
    return kept.stdout.toString() === wrote.text
      ? []
      : [`${wrote.path} of attempt ${attempt} of ${task} is kept otherwise`];
  });
}
