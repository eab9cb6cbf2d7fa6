import { expect, test } from "bun:test";
import type { Access } from "../tool.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import { createTelling } from "./telling.ts";

const ASKED = { name: "run_bash", raw: "{}" };
const names = (count: number, long = "") => Array.from({ length: count }, (_, i) => `src/${long}${i}.py`);
const writes = (count: number): Access[] => names(count).map((path) => ({ kind: "write", path }));
const told = (tell: ReturnType<typeof createTelling>, touched: readonly string[], accesses: readonly Access[] = []) =>
  tell(ASKED, { ok: true, text: "", touched }, { took_ms: 1, accesses });

test("of very many paths the first are told, and how many more; of few all", () => {
  const tell = createTelling();
  const most = SCRIPT_LIMITS.recorded_call_paths;
  const many = told(tell, names(most + 7), writes(most + 7));
  expect(many).toMatchObject({ touched: names(most), touched_more: 7 });
  expect(many.accesses.slice(-2)).toEqual([
    { kind: "write", path: `src/${most - 1}.py` },
    { kind: "exec", command: "" }, // whoever reads this must take it for anything
  ]);
  const few = told(tell, names(most), writes(most));
  expect(few).toMatchObject({ touched: names(most), accesses: writes(most) });
  expect(few).not.toHaveProperty("touched_more");
});

test("reading is not told, a command without its words, a check with all its targets", () => {
  const tell = createTelling();
  const check = (count: number): Access => ({ kind: "recipe", recipe: "test", targets: names(count) });
  expect(told(tell, [], [{ kind: "read", path: "a" }, { kind: "exec", command: "rm x" }, check(3)]).accesses).toEqual([
    { kind: "exec", command: "" },
    check(3),
  ]);
  const all = check(SCRIPT_LIMITS.recorded_call_paths + 1);
  expect(told(tell, [], [all]).accesses).toEqual([all]); // or a check of them all would prove nothing
});

test("all calls of a script together fit into one message", () => {
  const tell = createTelling();
  const long = "x".repeat(4_000);
  const calls = Array.from({ length: 1_000 }, () => told(tell, names(500, long), writes(1)));
  expect(JSON.stringify(calls).length).toBeLessThan(2 * SCRIPT_LIMITS.recorded_paths_chars);
  expect(calls.at(-1)).toMatchObject({ touched: [], touched_more: 500, accesses: [{ kind: "exec", command: "" }] });
});
