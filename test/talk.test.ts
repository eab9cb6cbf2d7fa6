import { afterAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { ExecResult, Isolation, Talk } from "../packages/sandbox/src/index.ts";
import { available, makePlace, maker, missing, sh, specOf } from "./jail.ts";

for (const { title } of missing) test.skip(title, () => {});

type Say = Parameters<Talk["begin"]>[0];

const WRITE = [{ kind: "file", path: "src/claimed.py" }] as const;

describe.each(available)("a command that is talked with, at %s", (level) => {
  const place = makePlace();
  const opened: Promise<Isolation> = maker.start(level, specOf(place, WRITE));
  afterAll(async () => {
    await (await opened).stop();
    rmSync(place.base, { recursive: true, force: true });
  });
  type Asked = { command: string; timeout_ms?: number; output_max_bytes?: number };
  const talk = async (asked: Asked, reply: (all: string, say: Say) => void, first?: (say: Say) => void) => {
    const isolation = await opened;
    const said: { all: string; say: Say | null } = { all: "", say: null };
    const request = { timeout_ms: 20_000, output_max_bytes: 1_000_000, clip_bytes: 4_000, ...asked };
    const result: ExecResult = await isolation.exec(request, {
      begin(say) {
        said.say = say;
        first?.(say);
      },
      heard(bytes) {
        said.all += Buffer.from(bytes).toString();
        if (said.say) reply(said.all, said.say);
      },
    });
    return { result, all: said.all };
  };
  const bytes = (text: string) => Buffer.from(text);

  test("what it writes is heard while it runs, what is said is its input, and its errors are its log", async () => {
    const command = 'echo ready; read one; echo "got $one" >&2; echo "one $one"; read two; echo "two $two"; cat';
    const { result, all } = await talk({ command }, (heard, say) => {
      if (heard === "ready\n") void say(bytes("first\n"));
      else if (heard.endsWith("one first\n")) void say(bytes("second\n")).then(() => say(null));
    });
    expect({ all, exit: result.exit, log: result.head }).toEqual({
      ...{ all: "ready\none first\ntwo second\n", exit: 0, log: "got first\n" },
    });
  });

  test("what is said before it has begun is not lost, and what is said to it is not said to the next", async () => {
    const { all } = await talk(
      { command: "head -c 3; exec <&-; sleep 0.2" },
      () => {},
      (say) => void say(bytes("abc")).then(() => say(bytes("stale"))),
    );
    expect(all).toBe("abc");
    const next = await talk(
      { command: "cat" },
      () => {},
      (say) => void say(null),
    );
    expect(next).toMatchObject({ all: "", result: { exit: 0 } });
    expect((await sh(await opened, "cat; echo plain")).head).toBe("plain\n");
  });

  test("bytes pass as they are, in both directions", async () => {
    const all = new Uint8Array(256).map((_, at) => at);
    const heard: number[] = [];
    const result = await (await opened).exec(
      { command: "cat", timeout_ms: 20_000, output_max_bytes: 1_000, clip_bytes: 100 },
      { begin: (say) => void say(all).then(() => say(null)), heard: (part) => void heard.push(...part) },
    );
    expect({ exit: result.exit, heard }).toEqual({ exit: 0, heard: [...all] });
  });

  test("told that the talk is over, a command that stays is ended with all it has started", async () => {
    const command = "(sleep 300 & exec sleep 300) & trap '' TERM; echo up; while :; do sleep 1; done";
    const { result } = await talk({ command }, (_, say) => void say(null));
    expect(result).toMatchObject({ ended: "signal", signal: "SIGKILL", exit: null });
    expect((await sh(await opened, "echo after")).head).toBe("after\n");
  });

  test("one that says too much is ended, and so is one that does not read what it is told", async () => {
    const flood = await talk({ command: "yes", output_max_bytes: 100_000 }, () => {});
    expect({ ended: flood.result.ended, heard: flood.all.length }).toEqual({ ended: "output_limit", heard: 100_000 });
    const deaf = await talk(
      { command: "sleep 300" },
      () => {},
      async (say) => {
        for (let part = 0; part < 40; part++) await say(new Uint8Array(1024 * 1024));
      },
    );
    expect(deaf.result.ended).toBe("output_limit");
  });

  test("time ends it as any other command", async () => {
    const { result } = await talk({ command: "echo up; cat", timeout_ms: 700 }, () => {});
    expect(result.ended).toBe("timeout");
  });
});

test("nothing is talked with where commands are interpreted", async () => {
  const place = makePlace();
  const isolation = await maker.start("wasm", specOf(place, WRITE));
  const result = await isolation.exec(
    { command: "cat", timeout_ms: 5_000, output_max_bytes: 1_000, clip_bytes: 100 },
    { begin: () => {}, heard: () => {} },
  );
  await isolation.stop();
  rmSync(place.base, { recursive: true, force: true });
  expect(result).toMatchObject({ ended: "not_started", head: "Cannot talk with an interpreted command" });
});
