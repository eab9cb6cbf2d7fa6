import { expect, test } from "bun:test";
import type { Event } from "@dgov/kernel";
import { otlpOf } from "./otlp.ts";
import {
  BEGIN_MS,
  called,
  dispatched,
  frozen,
  gate,
  landed,
  ONE,
  RUN,
  started,
  stored,
  TWO,
  toolCalled,
} from "./testing/sample_run.ts";

const spansOf = (events: readonly Event[]) => {
  const [resource] = otlpOf(RUN, stored(events), "1.2.3").resourceSpans;
  return resource!.scopeSpans[0]!.spans;
};

const EVENTS: readonly Event[] = [
  started(),
  dispatched(ONE),
  ...called(ONE, 1, "a secret answer"),
  toolCalled(ONE, { took_ms: 250, ok: false, refused_by: "claims", text: "a secret output", input: '{"a":"secret"}' }),
  frozen(ONE),
  gate(ONE, "tests"),
  ...landed(ONE).slice(1),
];

test("a run is a trace: each span lies in its parent, and ids are those of the same log", () => {
  const spans = spansOf(EVENTS);
  expect(spans.map(({ name }) => name)).toEqual([
    ...["run p", `task ${ONE}`, "attempt 1", "chat", "tool run_bash", "gate tests"].map((name) =>
      name === "tool run_bash" ? expect.stringMatching(/^tool \w+$/) : name,
    ),
  ]);
  expect(spansOf(EVENTS)).toEqual(spans);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  for (const { traceId, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano } of spans) {
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano)).toBe(true);
    if (parentSpanId !== "") expect(byId.has(parentSpanId)).toBe(true);
  }
  expect(spans.filter(({ parentSpanId }) => parentSpanId === "").length).toBe(1);
  expect(spans[0]!.startTimeUnixNano).toBe(`${BEGIN_MS}000000`);
});

test("what failed says why in a word, what landed is ok, what goes on is neither", () => {
  const [run, task, attempt, , tool] = spansOf(EVENTS);
  expect([run!.status, task!.status, attempt!.status]).toEqual([{ code: 0 }, { code: 1 }, { code: 1 }]);
  expect(tool!.status).toEqual({ code: 2, message: "claims" });
  expect(BigInt(tool!.endTimeUnixNano) - BigInt(tool!.startTimeUnixNano)).toBe(250_000_000n);
  const failing: Event[] = [
    started(),
    dispatched(TWO),
    { kind: "attempt_failed", task: TWO, attempt: 1, cause: "timeout", detail: "a secret", kept: null },
  ];
  expect(spansOf(failing).at(-1)!.status).toEqual({ code: 2, message: "timeout" });
});

test("nothing that a model or a tool said is in it", () => {
  expect(JSON.stringify(otlpOf(RUN, stored(EVENTS), "1"))).not.toContain("secret");
});
