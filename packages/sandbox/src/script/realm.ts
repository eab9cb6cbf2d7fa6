import {
  DefaultIntrinsics,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
  Scope,
} from "quickjs-emscripten-core";
import { failureOf, nestsDeeper, struckBy } from "./failure.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import { linkModules } from "./modules.ts";
import type { ScriptCause, ScriptFailure, ScriptLimits } from "./order.ts";
import { PRELUDE } from "./prelude.ts";

/** The answer to a call that a script made. `more` becomes properties of the error that it throws. */
export type Called = { ok: true; text: string } | { ok: false; name: string; message: string; more: object };

/**
 * What a script can reach: a clock to be stopped by, a place to print to, and tools, by name, which take JSON.
 * `deadline_ms` is on that clock; absent: its time begins with it.
 */
export type Powers = {
  now_ms: () => number;
  deadline_ms?: number;
  print: (text: string) => void;
  tools: readonly string[];
  call: (tool: string, input: string) => Called | Promise<Called>;
};

export type Ended = { ok: true; json: string | null } | ({ ok: false } & ScriptFailure);
export type Realm = {
  runCode(code: string): Promise<Ended>;
  runModules(program: { modules: Readonly<Record<string, string>>; entry: string; input: string }): Promise<Ended>;
  /** @throws when something inside still holds on to something: the interpreter is of no use then */
  close(): void;
};

/** A limit that has struck, or what failed on our side: nothing of the script counts from then on. */
type Standing = { struck: ScriptCause | null; broken: unknown };
type World = { runtime: QuickJSRuntime; vm: QuickJSContext; scope: Scope; standing: Standing; limits: ScriptLimits };
type Guest = Record<"finish" | "enter" | "answered" | "described", QuickJSHandle>;
/** Calls whose answers are still to come, by their numbers, and those that have come. */
type Pending = { open: Map<string, Promise<void>>; come: { id: string; answer: string }[]; last: number };

const FILE = "script.js";
const ASYNC = 1 << 7; // JS_EVAL_FLAG_ASYNC: `await` at the top; gives a promise of `{ value }`, the last expression's
const COMPILE_ONLY = 1 << 5;

/**
 * A world of its own in the interpreter, with nothing of ours in it but functions that take and give text.
 *
 * @throws whatever comes out of the interpreter and is not the script's: the interpreter is of no use then
 */
export function openRealm(quick: QuickJSWASMModule, limits: ScriptLimits, powers: Powers): Realm {
  const runtime = quick.newRuntime({ memoryLimitBytes: limits.memory_bytes, maxStackSizeBytes: limits.stack_bytes });
  const vm = runtime.newContext({ intrinsics: { ...DefaultIntrinsics, Date: false } });
  const world: World = { runtime, vm, scope: new Scope(), standing: { struck: null, broken: null }, limits };
  const deadline_ms = powers.deadline_ms ?? powers.now_ms() + limits.time_ms;
  runtime.setInterruptHandler(() => {
    if (world.standing.struck === null && powers.now_ms() >= deadline_ms) world.standing.struck = "timeout";
    return world.standing.struck !== null;
  });
  const pending: Pending = { open: new Map(), come: [], last: 0 };
  const guest = furnish(world, powers, pending);
  const settle = async (of: QuickJSHandle) => {
    const ended = await settled(world, guest, { of, pending });
    // A call that nobody waits for is made all the same, and by this script: not by the one after it, or never.
    if (world.standing.struck === null) await Promise.all(pending.open.values());
    // A command that is cut off at the deadline fails, and the script with it, before the interpreter looks at the clock.
    if (ended.ok || ended.cause !== "error" || powers.now_ms() < deadline_ms) return ended;
    return { ...ended, cause: "timeout", message: struckBy("timeout", limits) } as const;
  };
  const enter = (name: "finish" | "enter", ...args: QuickJSHandle[]) => {
    const called = vm.callFunction(guest[name], vm.undefined, ...args);
    return "error" in called && called.error
      ? failed(world, guest, called.error)
      : settle(world.scope.manage(called.value));
  };
  return {
    async runCode(code) {
      // A `return` at the top makes it the body of a function. Else what the last statement gives counts, if it is an
      // expression, which then can go on: a loop gives something too, and nobody means it.
      const expression = compiles(vm, `${code.replace(/[\s;]+$/, "")}\n, 0`);
      const boxed = expression || compiles(vm, code);
      const value = boxed ? vm.evalCode(code, FILE, ASYNC) : vm.evalCode(`(async () => {${code}\n})()`, FILE);
      if (value.error) return failed(world, guest, value.error);
      const way = expression ? "last" : boxed ? "none" : "returned";
      return enter("finish", world.scope.manage(value.value), world.scope.manage(vm.newString(way)));
    },
    async runModules({ modules, entry, input }) {
      linkModules(runtime, modules);
      const value = vm.evalCode(`export * as default from ${JSON.stringify(entry)}`, "dgov", { type: "module" });
      if (value.error) return failed(world, guest, value.error);
      return enter("enter", world.scope.manage(value.value), world.scope.manage(vm.newString(input)));
    },
    close() {
      world.scope.dispose();
      vm.dispose();
      runtime.dispose();
    },
  };
}

function compiles(vm: QuickJSContext, code: string): boolean {
  const compiled = vm.evalCode(code, FILE, ASYNC | COMPILE_ONLY);
  compiled.dispose();
  return compiled.error === undefined;
}

/** Gives the world its few functions. What they throw because of us ends the script as broken, whoever catches it inside. */
function furnish(world: World, powers: Powers, pending: Pending): Guest {
  const { vm, scope, standing, limits } = world;
  const left = { chars: limits.output_chars, calls: limits.calls };
  const guarded = <T>(work: () => T): T => {
    if (standing.struck !== null) throw new Error("The script has ended");
    try {
      return work();
    } catch (error) {
      if (standing.struck === null) [standing.struck, standing.broken] = ["crash", error];
      throw error;
    }
  };
  const spend = (what: "chars" | "calls", amount: number) => {
    left[what] -= amount;
    if (left[what] >= 0) return;
    standing.struck = what === "chars" ? "output" : "calls";
    throw new Error(struckBy(standing.struck, limits));
  };
  const print = vm.newFunction("print", (line) => {
    guarded(() => {
      const text = `${vm.getString(line)}\n`;
      spend("chars", text.length);
      powers.print(text);
    });
  });
  const call = vm.newFunction("call", (tool, input) =>
    guarded(() => {
      spend("calls", 1);
      const answer = powers.call(vm.getString(tool), vm.getString(input));
      return vm.newString(answer instanceof Promise ? awaited(pending, standing, answer) : encoded(answer));
    }),
  );
  const prelude = vm.unwrapResult(vm.evalCode(PRELUDE, "dgov"));
  const names = vm.newString(powers.tools.join(" "));
  const guest = vm.unwrapResult(vm.callFunction(prelude, vm.undefined, print, call, names));
  for (const handle of [print, call, prelude, names, guest]) scope.manage(handle);
  const part = (name: string) => scope.manage(vm.getProp(guest, name));
  return { finish: part("finish"), enter: part("enter"), answered: part("answered"), described: part("described") };
}

function encoded(answer: Called): string {
  if (answer.ok) return `+${answer.text}`;
  return `-${JSON.stringify({ name: answer.name, message: answer.message, ...answer.more })}`;
}

function awaited(pending: Pending, standing: Standing, answer: Promise<Called>): string {
  const id = String(++pending.last);
  const keep = async () => {
    try {
      pending.come.push({ id, answer: encoded(await answer) });
    } catch (error) {
      standing.struck = "crash";
      standing.broken = error;
    }
    pending.open.delete(id);
  };
  pending.open.set(id, keep());
  return `?${id}`;
}

/** Lets the script go on until its promise is settled, a limit has struck, or nothing is left that could settle it. */
async function settled(
  world: World,
  guest: Guest,
  { of, pending }: { of: QuickJSHandle; pending: Pending },
): Promise<Ended> {
  const { runtime, vm, standing } = world;
  for (;;) {
    const jobs = runtime.executePendingJobs();
    if (jobs.error) return failed(world, guest, jobs.error);
    if (standing.struck !== null) return struck(world);
    const state = vm.getPromiseState(of);
    if (state.type === "rejected") return failed(world, guest, state.error);
    if (state.type === "fulfilled") return resultOf(world, state.value);
    if (pending.open.size + pending.come.length === 0)
      return { ok: false, cause: "error", message: "it waits for a promise that nothing will settle", line: null };
    await Promise.race(pending.open.values());
    for (const { id, answer } of pending.come.splice(0)) {
      const [key, text] = [vm.newString(id), vm.newString(answer)];
      vm.unwrapResult(vm.callFunction(guest.answered, vm.undefined, key, text)).dispose();
      key.dispose();
      text.dispose();
    }
  }
}

function resultOf({ vm, limits }: World, value: QuickJSHandle): Ended {
  const json = value.consume((handle) => (vm.typeof(handle) === "string" ? vm.getString(handle) : null));
  const fail = (cause: ScriptCause, message: string): Ended => ({ ok: false, cause, message, line: null });
  if (json !== null && json.length > limits.output_chars) return fail("output", struckBy("output", limits));
  if (json !== null && nestsDeeper(json, SCRIPT_LIMITS.depth_max))
    return fail("output", `its result nests deeper than ${SCRIPT_LIMITS.depth_max} levels`);
  return { ok: true, json };
}

/** What was thrown, in words. Telling them runs inside again, where memory may have run out, and needs a little. */
function failed(world: World, guest: Guest, error: QuickJSHandle): Ended {
  const { vm, runtime, standing, limits } = world;
  if (standing.struck === null) {
    runtime.setMemoryLimit(limits.memory_bytes + LAST_WORDS_BYTES);
    const described = vm.callFunction(guest.described, vm.undefined, error);
    const text = described.error ? null : vm.getString(described.value);
    described.dispose();
    error.dispose();
    if (text !== null && standing.struck === null) return { ok: false, ...failureOf(text, limits) };
    standing.struck ??= "memory";
  } else error.dispose();
  return struck(world);
}
const LAST_WORDS_BYTES = 1024 * 1024;

/** @throws what failed on our side */
function struck({ standing, limits }: World): Ended {
  const { struck: cause, broken } = standing;
  if (cause === null || cause === "crash") throw broken ?? new Error("Nothing has struck");
  return { ok: false, cause, message: struckBy(cause, limits), line: null };
}
