import type { Scope } from "../tool.ts";
import type { Component } from "./component.ts";

/**
 * What the isolated process is asked to do with a component, in a child of its own.
 *
 * compile   `file` → JavaScript and core modules in `into`; both absolute, and writable is only `into`
 * describe  the tool's schema
 * call      the tool, with JSON; `write`: it may change claimed files
 * judge     the gate, with JSON
 */
export type ComponentOrder =
  | ({ do: "compile"; file: string; into: string } & Pick<Component, "name" | "kind" | "clock">)
  | { do: "describe"; component: Component }
  | { do: "call"; component: Component; input: string; write: boolean }
  | { do: "judge"; component: Component; input: string };

/**
 * How it ended. `text` is what the component returned (of `judge` the findings as JSON, of `compile` the `files` as
 * JSON); `refused`: what it was not given, in words, also where it went on without.
 */
export type ComponentAnswer =
  | { ok: true; text: string; touched: readonly string[]; refused: readonly string[] }
  | ComponentFailed;
export type ComponentFailed = {
  ok: false;
  cause: ComponentFailure;
  why: string;
  touched: readonly string[];
  refused: readonly string[];
};

/**
 * invalid   no component, or not of this world, or it wants what it may not have: the project must mend it
 * error     it answered with an error of its own
 * trap      it failed while it ran
 * timeout, memory, output: that limit struck
 */
export type ComponentFailure = "invalid" | "error" | "trap" | "timeout" | "memory" | "output";

/** What the child is told: the order and whose files it may see. `tmp` is the private folder. */
export type ChildOrder = { order: ComponentOrder; root: string; tmp: string; scope: Scope | null };

/** What the child says. Changed files are not written by it: a component that is ended half way has changed nothing. */
export type ChildAnswer =
  | { ok: true; text: string; changes: readonly FileChange[]; refused: readonly string[] }
  | ComponentFailed;
export type FileChange = { path: string; base64: string | null }; // null: it is removed
