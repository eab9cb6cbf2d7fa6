import { expect, test } from "bun:test";
import { Assembly } from "./openai_reply.ts";

const last = { choices: [{ delta: { content: "hello" }, finish_reason: "stop" }] };

function servedOf(...events: object[]): string | undefined {
  const assembly = new Assembly();
  for (const event of events) assembly.add(event);
  return assembly.reply(1, 10).tokens.served;
}

test("H7 what the provider says has answered is kept: its model, and its fingerprint where there is one", () => {
  expect(servedOf({ model: "m-2026-01", system_fingerprint: "fp_1", ...last })).toBe("m-2026-01@fp_1");
  expect(servedOf({ model: "m-2026-01", system_fingerprint: null, ...last })).toBe("m-2026-01");
  expect(servedOf({ model: "m", choices: [] }, { model: "m", system_fingerprint: "fp_2", ...last })).toBe("m@fp_2");
  expect(servedOf(last)).toBeUndefined();
  expect(servedOf({ model: "x".repeat(1000), ...last })).toHaveLength(200);
});
