import { type Asked, recordOf } from "../pass_call.ts";
import type { Access, Answer, BoundCall } from "../tool.ts";
import { SCRIPT_LIMITS } from "./limits.ts";

/** What is told of one call of a script, and what it did beyond reading. */
export type Telling = (
  asked: Asked,
  answer: Answer,
  more: { took_ms: number; accesses: readonly Access[] },
) => BoundCall;

/**
 * Tells of the calls of one script, so that all of them together fit into one message and into the log: when there has
 * been much, of each call a little, and of its paths how many they are.
 */
export function createTelling(): Telling {
  const room = { chars: SCRIPT_LIMITS.recorded_chars as number, paths: SCRIPT_LIMITS.recorded_paths_chars as number };
  return (asked, answer, { took_ms, accesses }) => {
    const chars = room.chars > 0 ? SCRIPT_LIMITS.recorded_call_chars : SCRIPT_LIMITS.recorded_least_chars;
    const paths = room.paths > 0 ? SCRIPT_LIMITS.recorded_call_paths : 0;
    const call = { ...recordOf(asked, answer, { took_ms, chars, paths }), accesses: fewer(accesses, paths) };
    room.chars -= call.input.length + call.text.length;
    room.paths -= lengthOf([...call.touched, ...call.accesses.flatMap(pathsOf)]);
    return call;
  };
}

/**
 * Where not all that was written can be told, anything may have been. The targets of a check are the task's own, and what
 * it proves hangs on all of them.
 */
function fewer(accesses: readonly Access[], most: number): Access[] {
  const changing = accesses.flatMap((access) => (access.kind === "read" ? [] : [wordless(access)]));
  let writes = 0;
  const told = changing.filter(({ kind }) => (kind === "write" ? ++writes <= most : kind === "exec" || most > 0));
  return told.length === changing.length ? told : [...told, ANYTHING];
}

const ANYTHING: Access = { kind: "exec", command: "" };

/** A command may be long, and is in the input. */
const wordless = (access: Access): Access => (access.kind === "exec" ? { ...access, command: "" } : access);

function pathsOf(access: Access): readonly string[] {
  if (access.kind === "recipe") return access.targets;
  return access.kind === "exec" ? [] : [access.path];
}

const lengthOf = (paths: readonly string[]): number => paths.reduce((sum, path) => sum + path.length, 0);
