import { mayWrite } from "../may_write.ts";
import type { Scope } from "../tool.ts";
import type { ComponentFailure } from "./order.ts";

/**
 * A WASM component of the project, compiled before and kept outside of everything that a task may write.
 *
 * `folder`       absolute path of its compiled files; the isolated process must be able to read it
 * `files`        name in the folder → sha-256 (hex): other bytes are not run
 * `clock`        whether it may ask for the time
 * `memory_bytes` the linear memory of each of its modules
 */
export type Component = {
  name: string;
  kind: ComponentKind;
  folder: string;
  files: Readonly<Record<string, string>>;
  clock: boolean;
  timeout_ms: number;
  memory_bytes: number;
};
export type ComponentKind = "tool" | "gate";

/** A tool as a scope carries it. `parameters` is the JSON Schema that the component gave of its input. */
export type ToolComponent = Component & {
  kind: "tool";
  description: string;
  parameters: Readonly<Record<string, unknown>>;
  write: boolean; // may change claimed files; else it only reads them
};

/** The project's own tools for a role: only a worker gets those that can change something. */
export const componentsFor = (role: Scope["role"], components: readonly ToolComponent[]): readonly ToolComponent[] =>
  components.filter(({ write }) => !write || mayWrite(role));

/** A refusal of a component as it is. `why` names what is wrong and the cure. */
export class ComponentError extends Error {
  override name = "ComponentError";
  readonly kind: ComponentFailure;
  constructor(kind: ComponentFailure, why: string) {
    super(why);
    this.kind = kind;
  }
}

/** What the generator writes is named for this: the script of a component is `component.js`. */
export const COMPILED_NAME = "component";

/** Who compiles, and in which form we keep it: another one compiles anew. */
export const COMPONENT_COMPILER = "jco-transpile 0.15.0, form 1";
