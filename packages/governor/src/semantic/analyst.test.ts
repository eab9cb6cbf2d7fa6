import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnalyst, type HeardChanged } from "./analyst.ts";
import { analysed } from "./answer.ts";
import { type Packed, unpack } from "./packed.ts";

setDefaultTimeout(120_000);

const SELF = [process.execPath, join(import.meta.dir, "../../../cli/src/main.ts")];
const analyst = createAnalyst(SELF, 2);
afterAll(analyst.close);

function keysOf(packed: Packed | undefined) {
  const answer = packed && analysed(packed);
  return answer && "summary" in answer ? answer.summary.units.map(({ key }) => key) : answer?.unknown;
}

test("texts are answered in their order, whatever their language and size", async () => {
  const long = Array.from({ length: 2_000 }, (_, n) => `def f${n}(): return ${n}\n`).join("");
  const texts = [
    { path: "a.py", text: "def f():\n    return 'ä 👍'\n" },
    { path: "long.py", text: long },
    { path: "b.ts", text: "export function g(): void {}\n" },
    { path: "c.unheard", text: "?" },
    { path: "d.py", text: "" },
  ];
  const [a, l, b, c, d] = await analyst.analyse(texts, "all");
  expect(keysOf(a)).toEqual(["f"]);
  expect(keysOf(l)?.length).toBe(2_000);
  expect(keysOf(b)).toEqual(["g"]);
  expect(keysOf(c)).toBe("there is no grammar for its language");
  expect(keysOf(d)).toEqual([]);
  expect(await analyst.analyse([], "all")).toEqual([]);
  const [first, second] = await analyst.analyse([{ path: "none.py", text: "" }, ...texts], "all");
  expect([keysOf(first), keysOf(second)]).toEqual([[], ["f"]]);
});

test("a text that ends its process is the only one of which nothing is known", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      const texts = JSON.parse(line).analyse;
      if (texts.some(({ text }) => text === "end")) process.exit(1);
      if (texts.some(({ text }) => text === "hang")) for (;;);
      const parts = texts.map(({ path }) => pack({ unknown: path }));
      await Bun.write(Bun.stdout, Buffer.concat(parts.flatMap((p) => [Buffer.from(p.length + "\\n"), p])));
    }`;
  const strange = createAnalyst([process.execPath, "-e", child], 1);
  const texts = ["a", "end", "b", "c", "d", "end"].map((text, n) => ({ path: `${n}`, text }));
  const heard = new Map<number, string>();
  const note = (at: number, packed: Packed) => void heard.set(at, JSON.stringify(analysed(packed)));
  const answers = (await strange.analyse(texts, "all", note)).map(analysed);
  expect([...heard].sort()).toEqual([0, 2, 3, 4].map((at) => [at, JSON.stringify({ unknown: `${at}` })]));
  const dead = "it ends the process that looks at it, or takes too long";
  expect(answers).toEqual(["0", dead, "2", "3", "4", dead].map((unknown) => ({ unknown })));
  strange.close();
});

test("an answer is told as soon as it is there, while the process looks at the next text", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      const part = pack({ unknown: "said" });
      for (const { text } of JSON.parse(line).analyse) {
        while (text !== "" && !require("node:fs").existsSync(text)) await Bun.sleep(5);
        await Bun.write(Bun.stdout, Buffer.concat([Buffer.from(part.length + "\\n"), part]));
      }
    }`;
  const folder = mkdtempSync(join(tmpdir(), "dgov-analyst-"));
  const strange = createAnalyst([process.execPath, "-e", child], 1);
  const file = join(folder, "heard"); // without it there is no second answer
  const heard: number[] = [];
  const note = (at: number) => {
    heard.push(at);
    writeFileSync(file, "");
  };
  const texts = ["", file].map((text) => ({ path: "a", text }));
  expect(await strange.analyse(texts, "all", note)).toHaveLength(2);
  expect(heard).toEqual([0, 1]);
  strange.close();
  rmSync(folder, { recursive: true });
});

test("a process is started for few texts, and another one when there are many", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      const [part] = [pack({ unknown: "without " + Object.keys(process.env).filter((name) => /useOMG/.test(name)) })];
      const parts = JSON.parse(line).analyse.map(() => part);
      await Bun.write(Bun.stdout, Buffer.concat(parts.flatMap((p) => [Buffer.from(p.length + "\\n"), p])));
    }`;
  const strange = createAnalyst([process.execPath, "-e", child], 1);
  const said = async (text: string) => (await strange.analyse([{ path: "a", text }], "all")).map(analysed);
  const long = "long ".repeat(160_000);
  const [few, all] = [{ unknown: "without BUN_JSC_useOMGJIT" }, { unknown: "without " }];
  expect([await said("few"), await said(long), await said(long), await said("few")]).toEqual([
    [few],
    [few],
    [all],
    [all],
  ]);
  strange.close();
});

test("a process that was started before is the one that is asked", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    const asked = [];
    for await (const line of console) {
      const { analyse, depth } = JSON.parse(line);
      asked.push(depth + analyse.map(({ path }) => " " + path));
      const parts = analyse.map(() => pack({ unknown: asked.join("; ") }));
      await Bun.write(Bun.stdout, Buffer.concat(parts.flatMap((p) => [Buffer.from(p.length + "\\n"), p])));
    }`;
  const strange = createAnalyst([process.execPath, "-e", child], 2);
  strange.start(["a.py", "b.ts"], "units");
  const answers = await strange.analyse([{ path: "c.py", text: "" }], "all");
  expect(answers.map(analysed)).toEqual([{ unknown: "units a.py, b.ts; all c.py" }]);
  strange.close();
});

test("few texts are shared among processes by who has asked for many before", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      const parts = JSON.parse(line).analyse.map(() => pack({ unknown: String(process.pid) }));
      await Bun.write(Bun.stdout, Buffer.concat(parts.flatMap((p) => [Buffer.from(p.length + "\\n"), p])));
    }`;
  const strange = createAnalyst([process.execPath, "-e", child], 2);
  const texts = (count: number) => Array.from({ length: count }, (_, n) => ({ path: `${n}`, text: "x".repeat(1_000) }));
  const pids = async (count: number) =>
    new Set((await strange.analyse(texts(count), "all")).map((part) => JSON.stringify(analysed(part)))).size;
  expect(await pids(40)).toBe(1);
  expect(await pids(140)).toBe(1);
  expect(await pids(40)).toBe(2);
  expect(await pids(5)).toBe(1);
  strange.close();
});

test("who is told that much will come is started for it at once, and who is at work then answers first", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      await Bun.sleep(100);
      const parts = JSON.parse(line).analyse.map(() => pack({ unknown: process.pid + " " + Bun.env.BUN_JSC_useFTLJIT }));
      await Bun.write(Bun.stdout, Buffer.concat(parts.flatMap((p) => [Buffer.from(p.length + "\\n"), p])));
    }`;
  const strange = createAnalyst([process.execPath, "-e", child], 1);
  const said = async (): Promise<(string | undefined)[]> => {
    const [part] = await strange.analyse([{ path: "a", text: "x" }], "all");
    const found = analysed(part!);
    return "unknown" in found ? found.unknown.split(" ") : [];
  };
  const under_way = said();
  await Bun.sleep(20);
  strange.expect(10_000_000);
  const [first, brief] = await under_way;
  const [next, lasting] = await said();
  expect([brief, lasting, first === next]).toEqual(["0", "undefined", false]);
  expect(await said()).toEqual([next, "undefined"]);
  strange.close();
});

test("where no such process can be had, nothing is said of the texts", async () => {
  const none = createAnalyst([process.execPath, "-e", "process.exit(1)"], 1);
  expect(none.analyse([{ path: "a.py", text: "a = 1\n" }], "all")).rejects.toThrow("cannot be started");
});

test("three texts of a file are merged by symbols, or it is said why not", async () => {
  const texts = {
    base: "import os\n",
    left: "import os\n\n\ndef f():\n    return 1\n",
    right: "import os\n\n\ndef g():\n    return 2\n",
  };
  const names = { left: "main", right: "task b" };
  const merged = await analyst.merge({ path: "a.py", texts, names });
  expect(merged.did === "merged" && merged.text).toBe(
    "import os\n\n\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n",
  );
  expect(await analyst.merge({ path: "a.unheard", texts, names })).toEqual({
    did: "refused",
    reason: "there is no grammar for its language",
  });
});

test("it is gone when whoever asks is gone", async () => {
  const script = `
    const { createAnalyst } = await import(${JSON.stringify(join(import.meta.dir, "analyst.ts"))});
    const analyst = createAnalyst(${JSON.stringify(SELF)}, 1);
    await analyst.analyse([{ path: "a.py", text: "a = 1" }], "all");
    const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid)]);
    console.log(stdout.toString().split("\\n")[0]);
    process.kill(process.pid, "SIGKILL");`;
  const asker = Bun.spawnSync([process.execPath, "-e", script]);
  const child = Number(asker.stdout.toString().trim());
  expect(child).toBeGreaterThan(1);
  const isThere = () => existsSync(`/proc/${child}/exe`); // the dead that nobody has collected have none
  for (let n = 0; n < 100 && isThere(); n++) await Bun.sleep(100);
  expect(isThere()).toBe(false);
});

test("what became of files is told as it comes; of those that end their process nothing is, and it is asked no more", async () => {
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      const { changed, analyse } = JSON.parse(line);
      for (const { is } of changed ?? []) {
        if (is === "end") process.exit(1);
        const parts = ["said", "was", "is"].map((word) => pack(word + " " + is));
        await Bun.write(Bun.stdout, Buffer.concat(parts.flatMap((p) => [Buffer.from(p.length + "\\n"), p])));
      }
      if (analyse) await Bun.write(Bun.stdout, Buffer.concat([Buffer.from(pack(0).length + "\\n"), pack(0)]));
    }`;
  const strange = createAnalyst([process.execPath, "-e", child], 1);
  const contents = ["a", "b", "end", "c"].map((is) => ({ path: "a.py", was: "", is, heads: null }));
  const heard: unknown[] = [];
  const note: HeardChanged = (at, { said, was, is }) => void heard.push([at, unpack(said), unpack(was), unpack(is)]);
  await strange.changed(contents.slice(0, 2), note);
  const told = [0, 1].map((at) => [at, ...["said", "was", "is"].map((word) => `${word} ${"ab"[at]}`)]);
  expect(heard.splice(0)).toEqual(told);
  await strange.changed(contents, note);
  expect(heard).toEqual(told);
  strange.close();
});
