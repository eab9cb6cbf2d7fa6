import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseClaim } from "./claim.ts";
import { Descent, type HeldRoot, holdRoot } from "./descent.ts";
import { createFiles, type Files } from "./host.ts";
import { openLibc } from "./isolate/libc.ts";
import { HostError, type Scope } from "./tool.ts";

setDefaultTimeout(60_000); // they are thousands of small calls, and the machine may be loaded

const base = mkdtempSync(join(tmpdir(), "dgov-descent-"));
const [root, away] = [join(base, "root"), join(base, "away")];
afterAll(() => rmSync(base, { recursive: true, force: true }));

const scope: Scope = {
  task: "t",
  role: "worker",
  write: [parseClaim("src/")],
  read: [],
  deny: [],
  allow: [],
  recipes: { test: null, lint: null, lint_fix: null, format: null, type_check: null },
  test_targets: [],
  src_dir: "src",
  base: "HEAD",
};

/** Two ways down: by names below /proc, and by the system's own call from a root that is held open. */
const WAYS = [
  ["by name", () => undefined],
  ["from a held root", () => holdRoot(root, openLibc())],
] as const;
const filesOf = (held: HeldRoot | undefined) => createFiles({ root, ...(held ? { held } : {}), tmp: base, scope });

/** What the outside holds, which looks just like the inside: whoever is led there does not notice it by itself. */
const OUTSIDE = { "there.py": "outside\n", "deep/there.py": "outside\n", "deep/never.py": "outside\n" };

const INSIDE = { "src/deep/there.py": "inside\n" };

beforeEach(() => {
  lay(away, OUTSIDE);
  lay(root, INSIDE);
});

function lay(folder: string, files: Readonly<Record<string, string>>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function found(folder: string): Record<string, string> {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return Object.fromEntries(
    all.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), entry.isFile() ? readFileSync(path, "utf8") : "no file"];
    }),
  );
}

/** What a call answers, or why it is refused. */
function told(work: () => unknown): string {
  try {
    return JSON.stringify(work() ?? "done");
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.code;
  }
}

/** Text that does something when its length is asked for: once when it is judged, and again while it is written. */
class Text extends Uint8Array {
  asked: () => void = () => {};
  override get length(): number {
    this.asked();
    return super.length;
  }
}

/** The calls that go down into `src/deep`, and what each answers there. `step` runs within the write, before the file has its name. */
const CALLS: readonly [name: string, call: (files: Files, step: () => void) => unknown, answer: string][] = [
  ["read", (files) => files.readText("src/deep/there.py"), '"inside\\n"'],
  ["write", (files, step) => files.write("src/deep/there.py", watched(step)), '"done"'],
  ["write to a new folder", (files, step) => files.write("src/deep/new/made.py", watched(step)), '"done"'],
  ["remove", (files) => files.remove("src/deep/there.py"), '"done"'],
  ["list", (files) => files.list("src/deep").entries.map(({ name }) => name), '["there.py"]'],
  ["look", (files) => files.stat("src/deep/there.py")?.kind, '"file"'],
];

function watched(step: () => void): Text {
  const bytes = Text.from(Buffer.from("written\n")) as Text; // by `from` of the class itself
  bytes.asked = step;
  return bytes;
}

/** What is swapped for a link, where in the outside that leads, and what may be answered then. */
const SWAPS: readonly [what: string, swap: { at: string; to: string }, answers: RegExp][] = [
  ["the folder", { at: "src/deep", to: "deep" }, /^(link|not_a_file|io)$/],
  ["the folder above", { at: "src", to: "." }, /^(link|not_a_file)$/],
  ["the file", { at: "src/deep/there.py", to: "deep/there.py" }, /^(link|"link")$/],
];

/** Lets `step` run whenever a descent is asked for anything, which is just before the system is. */
function watchDescents(step: () => void): { restore(): void } {
  const own = Object.entries(Object.getOwnPropertyDescriptors(Descent.prototype));
  for (const [name, descriptor] of own) {
    const { value } = descriptor;
    if (["constructor", "close", "enter", "make", "unmake"].includes(name)) continue; // they go on to the others
    const watched = function (this: Descent, ...args: unknown[]) {
      step();
      return value.apply(this, args);
    };
    Object.defineProperty(Descent.prototype, name, { ...descriptor, value: watched });
  }
  return {
    restore() {
      for (const [name, descriptor] of own) Object.defineProperty(Descent.prototype, name, descriptor);
    },
  };
}

type Call = (typeof CALLS)[number][1];

/** Makes a call, and swaps at one step of it, and back at another: 0 is never. `steps`: how many it took. */
function swapped(call: Call, held: HeldRoot | undefined, swap: { at: string; to: string; out: number; back: number }) {
  const [here, real] = [join(root, swap.at), join(base, "real")];
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps === swap.out) {
      renameSync(here, real);
      symlinkSync(join(away, swap.to), here);
    }
    if (steps === swap.back) {
      rmSync(here, { recursive: true, force: true });
      renameSync(real, here);
    }
  };
  const watch = watchDescents(step);
  try {
    return { answer: told(() => call(filesOf(held), step)), steps };
  } finally {
    watch.restore();
    rmSync(real, { recursive: true, force: true });
  }
}

describe.each(WAYS)("%s", (_, holding) => {
  describe.each(SWAPS)("%s that is swapped for a link", (_, swap, refused) => {
    test.each(CALLS)("at any step of a %s leads nowhere", (_, call, done) => {
      const answers = new Set<string>();
      let most = 1;
      for (let out = 1; out <= most; out++)
        for (let back = out; back <= most + 1; back++) {
          lay(root, INSIDE);
          const held = holding();
          const { answer, steps } = swapped(call, held, { ...swap, out, back: back === out ? 0 : back });
          if (held) closeSync(held.fd);
          most = Math.max(most, steps);
          answers.add(answer);
          expect({ out, back, answer, outside: found(away) }).toEqual({ out, back, answer, outside: OUTSIDE });
        }
      expect(most).toBeGreaterThan(2); // src, deep, the file
      expect([...answers]).toContain(done);
      expect([...answers].filter((answer) => answer !== done && !refused.test(answer))).toEqual([]);
      if (swap.at !== "src/deep/there.py") expect(answers.size).toBeGreaterThan(1); // it was refused as well
    });
  });
});

/**
 * Swaps a folder for a link to the outside and back, as fast as it can, and says in a file how often it did. What a call
 * makes meanwhile is swept away, and the two may be in each other's way at any step.
 */
const SWAP = `const { renameSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const [at, away, count] = process.argv.slice(1);
const attempt = (work) => { try { work(); return true; } catch { return false; } };
for (let swaps = 0; ; ) {
  if (attempt(() => renameSync(at, at + ".real")) && attempt(() => symlinkSync(away, at))) swaps += 1;
  attempt(() => rmSync(at, { recursive: true, force: true }));
  attempt(() => renameSync(at + ".real", at));
  if (swaps % 20 === 1) writeFileSync(count, String(swaps));
}`;

test.each(WAYS)(
  "a folder that another process swaps all the time leads nowhere, %s",
  async (_, holding) => {
    const count = join(base, "swaps");
    writeFileSync(count, "");
    const child = Bun.spawn([process.execPath, "-e", SWAP, join(root, "src/deep"), join(away, "deep"), count]);
    const swaps = () => Number(readFileSync(count, "utf8"));
    try {
      const files = filesOf(holding());
      const answers = new Set<string>();
      // How the two meet is up to the machine; that both were at it is not.
      for (let n = 0; n < 1_500 || (swaps() < 100 && child.exitCode === null); n++) {
        for (const [name, call] of CALLS) answers.add(`${name} ${told(() => call(files, () => {}))}`);
        if (n % 100 === 0) await Bun.sleep(1);
      }
      expect(found(away)).toEqual(OUTSIDE);
      expect([...answers].filter((answer) => /outside|never/.test(answer))).toEqual([]);
      expect(child.exitCode).toBeNull();
      expect(swaps()).toBeGreaterThanOrEqual(100);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  },
  60_000,
);
