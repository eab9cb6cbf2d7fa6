import type { Finding } from "@dgov/kernel";
import type { Touches } from "@dgov/semantic/touches";
import type { Settling, Verdict } from "../settlement/gate.ts";
import type { JudgedGate, PreflightView } from "./view.ts";

/** Gates and notes as they come in. */
export type Answer = { gates: JudgedGate[]; notes: Finding[] };

export type TakenDown = Answer & { settling: Settling };

/** Takes down what gates say. What a gate that passed has to say is a note. */
export function takeDown(now_ms: () => number, level: Settling["level"]): TakenDown {
  const answer: Answer = { gates: [], notes: [] };
  const record = (verdict: Verdict) => {
    const { gate, verdict: said, took_ms, findings, command, exit, level: at } = verdict;
    const passed = said === "pass";
    if (passed) answer.notes.push(...findings);
    const shown = { gate, verdict: said, took_ms, findings: passed ? [] : findings, command, exit, level: at };
    answer.gates.push({ ...shown, said: passed ? null : lastWords(verdict) });
  };
  return { ...answer, settling: { now_ms, level, record } };
}

/** What a change touches; of what nobody knows it is noted. */
export function noteTouches({ touches, unknown }: Touches, notes: Finding[]): PreflightView["symbols"] {
  for (const { path, why } of unknown)
    notes.push({ code: "symbols_unknown", message: `Nothing is known of the symbols of "${path}": ${why}`, path });
  return touches;
}

const WORDS_MAX_CHARS = 6_000;

function lastWords({ output }: Verdict): string | null {
  if (output === null) return null;
  const { head, tail, omitted_bytes } = output;
  const whole = omitted_bytes > 0 ? `${head}\n… ${omitted_bytes} bytes more …\n${tail}` : `${head}${tail}`;
  return whole.trim() === "" ? null : whole.trimEnd().slice(-WORDS_MAX_CHARS);
}

/** What all gates together say. */
export const verdictOf = ({ gates }: Pick<Answer, "gates">): PreflightView["verdict"] =>
  gates.find(({ verdict }) => verdict !== "pass")?.verdict ?? "pass";
