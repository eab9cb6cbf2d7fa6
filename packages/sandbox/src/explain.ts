import type { Access, Scope } from "./tool.ts";
import type { Decision } from "./write_rules.ts";

/**
 * What would happen to a call, without making it. Plain data: `dgov sandbox explain` prints it or gives it as JSON.
 *
 * `decided`  what decided in the end: the first refusal, or the permission of the last access
 * `jail`     sentences: what no rule can see here, and the jail confines
 */
export type Explanation = {
  tool: string;
  role: Scope["role"];
  allowed: boolean;
  decided: Decision;
  accesses: readonly JudgedAccess[]; // [] when the call is refused before anything is asked of it
  jail: readonly string[];
};

/** One thing that the call would touch. `commands` and `undecided` are [] unless it is a command. */
export type JudgedAccess = {
  access: Access;
  decision: Decision;
  commands: readonly JudgedCommand[];
  undecided: readonly string[]; // why the text cannot be followed as a whole
};

/** A simple command that would be started, also from within another. */
export type JudgedCommand = {
  text: string; // as it is written
  argv: readonly string[]; // as a rule sees it: wrappers off, quotes gone
  inside: readonly string[]; // the wrappers around it, outermost first: `["sh", "env"]`
  decision: Decision;
};
