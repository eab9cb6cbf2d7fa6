import type { ExecResult } from "./isolate/isolation.ts";
import type { SymbolBreach } from "./symbol_claims.ts";
import type { Answer } from "./tool.ts";

/** A command's end as an answer: its output, what was put back, and always a last line `EXIT:…`. Fine only when it exited 0. */
export function execAnswer(result: ExecResult, timeout_ms: number): Answer {
  const cut =
    result.omitted_bytes > 0 ? `\n[${result.omitted_bytes} bytes omitted; narrow the command to see them]\n` : "";
  const output = `${result.head}${cut}${result.tail}`;
  const { put_back, lost = [], breaches = [] } = result;
  const said = output.trim() === "" ? "(no output)" : output.trimEnd();
  const lines = [
    said,
    ...restored(put_back),
    ...unrestored(lost),
    ...breached(breaches),
    ...confined(output),
    ...(result.unreadable ?? []).map((words) => `CONFINED: ${words}`),
    ...(result.refused_hosts ?? []),
  ];
  const answer: Answer = {
    ok: result.ended === "exit" && result.exit === 0,
    text: [...lines, `EXIT:${ending(result, timeout_ms)}`].join("\n"),
    exit: result.ended === "exit" ? result.exit : null,
  };
  const touched = [...put_back, ...lost, ...breaches.map(({ path }) => path)];
  return touched.length === 0 ? answer : { ...answer, touched, refused_by: "claim" };
}

/**
 * The time after which a command was ended, in words; null: it was not for its time. A script has a time of its own, and
 * its commands get no more than is left.
 */
export function struckAfter({ ended, took_ms }: ExecResult, asked_ms: number): string | null {
  if (ended === "timeout") return `${asked_ms / 1000} s`;
  return ended === "cut" ? `${(took_ms / 1000).toFixed(1)} s, when the time of its script was over` : null;
}

/** What programs say when the jail has refused them something. None of ours depends on it: it is a note for the model. */
const REFUSED = [
  /Read-only file system|Permission denied|Operation not permitted|\b(EROFS|EACCES|EPERM)\b/i,
  /Network is unreachable|Could not resolve host|name resolution|Name or service not known/i,
];

function confined(output: string): string[] {
  if (!REFUSED.some((words) => words.test(output))) return [];
  return [
    "CONFINED: if that was a refusal, it comes from this task's jail: only claimed paths and $TMPDIR can be written, git's data cannot, and there is no network but the hosts your task names.",
  ];
}

/** What struck, as a task's last line says it. */
const ENDINGS: Readonly<Partial<Record<ExecResult["ended"], string>>> = {
  output_limit: "stopped, too much output",
  memory_limit: "stopped, its processes took more memory than this task may have ([sandbox] memory_mb)",
  process_limit: "stopped, it had more processes, or threads in them, than this task may have ([sandbox] processes)",
  disk_limit: "stopped, it wrote more than this task may ([sandbox] tmp_mb): remove from $TMPDIR what is not needed",
};

function ending(result: ExecResult, timeout_ms: number): string {
  const { ended, exit, signal } = result;
  if (ended === "exit") return `${exit}${exit === EXIT_BY_SIGXFSZ ? TOO_LARGE : ""}`;
  const struck = struckAfter(result, timeout_ms);
  if (struck !== null) return `timeout after ${struck}`;
  if (ended === "signal") return `signal ${signal ?? "unknown"}${signal === "SIGXFSZ" ? TOO_LARGE : ""}`;
  return ENDINGS[ended] ?? "not started";
}

/** How a shell says that its program was ended for writing a file that is too large. */
const EXIT_BY_SIGXFSZ = 128 + 25;
const TOO_LARGE = ": it wrote a file larger than this task may ([sandbox] file_mb)";

const SHOWN = 20;

function restored(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return [
    "PUT BACK: the command changed these paths, which this task has not claimed for writing, so they were restored:",
    ...listed(paths),
    'To change them, the plan must claim them (`files.edit`, `create` or `delete`): if the task needs it, call done with outcome "blocked" and name them.',
  ];
}

/** What is wrong in the worktree from now on, and would be refused at the end: the worker alone may know a way back. */
function unrestored(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return [
    "NOT PUT BACK: the command changed these unclaimed paths too, and their old content is nowhere to be had:",
    ...listed(paths),
    'Undo each change with a command if you can: what stays changed is refused at the end. If you cannot, call done with outcome "blocked" and name them.',
  ];
}

function breached(breaches: readonly SymbolBreach[]): string[] {
  const told = (restored: boolean) =>
    breaches.flatMap((one) => (one.restored === restored ? [`${one.path}: ${one.why}`] : []));
  const [back, left] = [told(true), told(false)];
  return [
    ...(back.length === 0
      ? []
      : ["PUT BACK: the command changed more of these files than is claimed; each is as before it:", ...listed(back)]),
    ...(left.length === 0
      ? []
      : [
          "NOT PUT BACK: the command changed more of these files than is claimed, and they cannot be restored:",
          ...listed(left),
        ]),
    ...(breaches.length === 0 ? [] : ["Change them again within the claims, by edit_file or apply_patch."]),
  ];
}

const listed = (paths: readonly string[]): string[] => [
  ...paths.slice(0, SHOWN).map((path) => `  ${path}`),
  ...(paths.length > SHOWN ? [`… and ${paths.length - SHOWN} more`] : []),
];
