import { expect, test } from "bun:test";

const SOURCES = `${import.meta.dir}/../../packages/governor/src`;

/** The code that a process loads for a face of the governor. */
async function loadedFor(face: string): Promise<string> {
  const { outputs } = await Bun.build({ entrypoints: [`${SOURCES}/${face}.ts`], target: "bun" });
  const texts = outputs.filter(({ kind }) => kind === "entry-point" || kind === "chunk").map((output) => output.text());
  return (await Promise.all(texts)).join("\n");
}

// To load and to make the readers of schemas takes as long as to parse ten files: a commit waits for it.
test.each(["preflight_at_once", "preflight_look", "preflight_symbols", "symbols_process"])(
  "%s, which a commit waits for, loads no reader of schemas",
  async (face) => expect(await loadedFor(face)).not.toContain("ZodError"),
  60_000,
);

test("what reads configurations does load one", async () => {
  expect(await loadedFor("config")).toContain("ZodError");
}, 60_000);
