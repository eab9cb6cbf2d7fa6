import type { Finding } from "@dgov/kernel";
import type { Touch } from "@dgov/semantic/touches";
import type { Verdict } from "../settlement/gate.ts";

/** A gate's answer. `said`: the end of what its command printed, of one that did not pass. */
export type JudgedGate = Pick<Verdict, "gate" | "verdict" | "took_ms" | "findings" | "command" | "exit" | "level"> & {
  said: string | null;
};

/**
 * What settlement would say of a tree.
 *
 * `judged`   what was looked at, in words
 * `base`     the commit that it would be put on, whose configuration judges; null: there is none yet
 * `files`    how many paths differ from the base
 * `gates`    in the order in which they were asked; the first that does not pass is the last
 * `notes`    what does not stop it
 * `symbols`  what it touches; null: nobody asked
 * `known`    it was judged before, and is as it was then
 */
export type PreflightView = {
  verdict: Verdict["verdict"];
  judged: string;
  base: string | null;
  tree: string;
  files: number;
  gates: readonly JudgedGate[];
  notes: readonly Finding[];
  symbols: readonly Pick<Touch, "path" | "symbol" | "did" | "edited" | "line">[] | null;
  known: boolean;
  took_ms: number;
};
