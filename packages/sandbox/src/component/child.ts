import { createFiles } from "../host.ts";
import { compileComponent } from "./compile.ts";
import { type Component, ComponentError } from "./component.ts";
import { instantiate, limitedText, textOf } from "./instance.ts";
import { COMPONENT_LIMITS } from "./limits.ts";
import type { ChildAnswer, ChildOrder, ComponentOrder } from "./order.ts";
import { NO_FILES, type ViewOptions } from "./wasi/view.ts";
import { createWasi, type Wasi } from "./wasi/wasi.ts";

/**
 * Does the one thing a component's child was started for. Whatever a component does is an answer; but it may never
 * return, or take the process with it, so somebody outside watches.
 */
export async function answerOrder(asked: ChildOrder): Promise<ChildAnswer> {
  const { order, tmp } = asked;
  if (order.do === "compile") return answered(createWasi({ ...NOTHING, clock: false }), () => compiled(order, tmp));
  const wasi = createWasi({ ...viewOf(asked), clock: order.component.clock });
  return answered(wasi, () => run(order, wasi));
}

const NOTHING: ViewOptions = { files: NO_FILES, scope: null, write: false };

function viewOf({ order, root, tmp, scope }: ChildOrder): ViewOptions {
  if (scope === null || (order.do !== "call" && order.do !== "judge")) return NOTHING;
  return { files: createFiles({ root, tmp, scope }), scope, write: order.do === "call" && order.write };
}

const compiled = async (order: Extract<ComponentOrder, { do: "compile" }>, tmp: string) =>
  JSON.stringify(await compileComponent(order, tmp));

async function run(order: Exclude<ComponentOrder, { do: "compile" }>, wasi: Wasi): Promise<string> {
  const { component } = order;
  const { exports, memory_bytes } = await instantiate(component, wasi);
  try {
    if (order.do === "describe") return textOf(exports, "describe", []);
    if (order.do === "call") return textOf(exports, "call", [order.input]);
    return limitedText(JSON.stringify(exports.judge?.(order.input)) ?? "null", 'what "judge" returns');
  } catch (error) {
    throw grewTo(memory_bytes(), component) && isTrap(error) ? outOfMemory(component) : error;
  }
}

/** A module that is refused more memory has no other way than to trap, and nobody says why. */
const grewTo = (bytes: number, { memory_bytes }: Component) => bytes > memory_bytes / 2;

const outOfMemory = ({ kind, name, memory_bytes }: Component) => {
  const most = `${Math.floor(memory_bytes / 1024 / 1024)} MiB`;
  return new ComponentError(
    "memory",
    `it used up its memory of ${most}; raise memory_mb in [${kind}s.${name}], or give it less to do`,
  );
};

async function answered(wasi: Wasi, work: () => Promise<string>): Promise<ChildAnswer> {
  const { view } = wasi.tree;
  try {
    const text = await work();
    const changes = wasi.tree.changes();
    const size = changes.reduce((sum, { base64 }) => sum + (base64?.length ?? 0), 0);
    if (size > COMPONENT_LIMITS.changes_max_bytes)
      throw new ComponentError("output", `the files it changed are too large together (${size} bytes); change fewer`);
    return { ok: true, text, changes, refused: view.refused() };
  } catch (error) {
    return { ok: false, ...failureOf(error, wasi.said()), touched: [], refused: view.refused() };
  }
}

/** What the generated bindings throw for the `err` of a result carries it as `payload`. */
function failureOf(error: unknown, said: string): { cause: ComponentError["kind"]; why: string } {
  if (error instanceof ComponentError) return { cause: error.kind, why: error.message };
  if (error instanceof Error && "payload" in error)
    return { cause: "error", why: String(error.payload).slice(0, COMPONENT_LIMITS.output_max_bytes) };
  const message = error instanceof Error ? error.message : String(error);
  return { cause: "trap", why: `it failed while it ran: ${message}${said === "" ? "" : `; it said: ${said}`}` };
}

const isTrap = (error: unknown) =>
  !(error instanceof ComponentError) && !(error instanceof Error && "payload" in error);
