import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "@dgov/kernel";
import type { Project } from "../project.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { judge } from "./judge.ts";
import { unitWith } from "./testing/parts.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: { remove(): void }[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

const COPY = "mkdir -p gen && cp schema.txt gen/client.txt";
const CLIENT = { command: COPY, inputs: ["schema.txt"], outputs: ["gen/*"] };
const FILES = { "schema.txt": "one\n", "gen/client.txt": "one\n", "other.txt": "one\n" };

/** What the gate says of some work on files: its verdict, and the code and the path of each finding. */
async function ask(
  work: Record<string, string>,
  {
    files = FILES,
    client = CLIENT,
  }: { files?: Record<string, string>; client?: Project["commands"]["generated"][string] } = {},
): Promise<string[]> {
  const unit = unitWith({ edit: Object.keys(work) });
  const place = await openSite({ files, unit, commands: { generated: { client } } });
  open.push(place.repo);
  await workOf(place, work);
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  await place.site.pool.close();
  return eventsIn(place.log).flatMap((event: Event) =>
    event.kind === "gate_judged" && event.gate === "generated"
      ? [event.verdict, ...event.findings.map(({ code, path }) => [code, path].filter(Boolean).join(" "))]
      : [],
  );
}

describe("D21: what is made from other files is what its generator makes of the work", () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      "an input that changed, without its output, is refused",
      { "schema.txt": "two\n" },
      ["reject", "generated_stale gen/client.txt"],
    ],
    [
      "an output that is changed by hand is refused",
      { "gen/client.txt": "two\n" },
      ["reject", "generated_stale gen/client.txt"],
    ],
    ["both together pass", { "schema.txt": "two\n", "gen/client.txt": "two\n" }, ["pass"]],
    ["a change of neither is not asked about", { "other.txt": "two\n" }, ["pass"]],
  ])("%s", async (_, work, expected) => {
    expect(await ask(work)).toEqual(expected);
  });

  test("an output that is not there yet is missed", async () => {
    const files = { "schema.txt": "one\n", "other.txt": "one\n" };
    expect(await ask({ "schema.txt": "two\n" }, { files: { ...files, "gen/else.txt": "x\n" } })).toEqual([
      "pass",
      "generated_missing gen/client.txt", // it was missed before
    ]);
    const client = { ...CLIENT, command: "mkdir -p gen && cp schema.txt gen/$(cat schema.txt).txt" };
    const known = { ...files, "gen/one.txt": "one\n" };
    expect(await ask({ "schema.txt": "two\n" }, { files: known, client })).toEqual([
      "reject",
      "generated_missing gen/two.txt",
    ]);
  });

  test("what was out of date before is told, and nobody's fault", async () => {
    const files = { ...FILES, "gen/client.txt": "old\n" };
    expect(await ask({ "schema.txt": "two\n" }, { files })).toEqual(["pass", "generated_stale gen/client.txt"]);
  });

  test("a generator that fails, or writes elsewhere, does not pass", async () => {
    expect(await ask({ "schema.txt": "two\n" }, { client: { ...CLIENT, command: "exit 3" } })).toEqual([
      "reject",
      "generator_failed",
    ]);
    const elsewhere = { ...CLIENT, command: "grep -q two schema.txt && echo two > other.txt; true" };
    expect(await ask({ "schema.txt": "two\n" }, { client: elsewhere })).toEqual([
      "reject",
      "generated_elsewhere other.txt",
    ]);
    expect(await ask({ "schema.txt": "two\n" }, { client: { ...CLIENT, command: "no-such-generator" } })).toEqual([
      "broken",
      "tool_missing",
    ]);
  });

  test("without inputs every change is one", async () => {
    const client = { ...CLIENT, inputs: [], command: "cp other.txt gen/client.txt" };
    expect(await ask({ "other.txt": "two\n" }, { client })).toEqual(["reject", "generated_stale gen/client.txt"]);
  });
});
