import { expect, test } from "bun:test";
import { askChild } from "./child.ts";

const WIRE = `${import.meta.dir}/wire.ts`;
const ROOMY = { timeout_ms: 60_000, memory_bytes: 4 * 1024 ** 3 };
const program = (code: string) => [process.execPath, "--config=/dev/null", "--no-env-file", "-e", code];
const echo = `import { encodeFrame, readFrameSync } from ${JSON.stringify(WIRE)};
  const out = Bun.stdout.writer(); out.write(encodeFrame({ told: readFrameSync(0) })); await out.flush();`;

test("a child is told one thing and answers one thing, also a large one", async () => {
  const order = { text: "x".repeat(3_000_000) };
  expect(await askChild(program(echo), order, ROOMY)).toEqual({ ended: "answer", answer: { told: order } });
});

test.each([
  ["exits", "process.exit(3)", "3"],
  ["throws", "throw new Error('no, thanks')", "no, thanks"],
  ["kills itself", "process.kill(process.pid, 'SIGKILL')", "SIGKILL"],
])("a child that %s before its answer has died", async (_, code, why) => {
  const end = await askChild(program(code), {}, ROOMY);
  expect(end).toEqual({ ended: "died", why: expect.stringContaining(why) });
});

test("a child that never comes back is ended", async () => {
  expect(await askChild(program("for (;;);"), {}, { ...ROOMY, timeout_ms: 800 })).toEqual({ ended: "timeout" });
});

test("a child that takes memory without end is ended", async () => {
  const code = "const held = []; for (;;) { held.push(new Uint8Array(1 << 20).fill(1)); Bun.sleepSync(1); }";
  const limits = { ...ROOMY, memory_bytes: 300 * 1024 * 1024 };
  expect(await askChild(program(code), {}, limits)).toEqual({ ended: "memory" });
});
