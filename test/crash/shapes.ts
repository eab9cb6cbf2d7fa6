import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareEnvironment, type Place } from "../repo.ts";
import { bash, type Call, done, layTasks, type Played, write } from "../scripted.ts";
import { mount, unmount } from "./storage.ts";

export type Shape = { tasks: Readonly<Record<string, Played>>; test_cmd: string };

/** A whole line into a file, whatever is in it: an attempt may go on from another one, or not. */
const put = (path: string, line: string): Call => bash(`echo '${line}' > ${path}`);

/** What a file holds after a call that writes one; null: it writes none. */
export function wroteBy({ tool, args }: Call): { path: string; text: string } | null {
  if (tool === "write_file") return { path: String(args.path), text: String(args.content) };
  const [, line, path] = /^echo '(.*)' > (\S+)$/.exec(String(args.cmd ?? "")) ?? [];
  return line === undefined || path === undefined ? null : { path, text: `${line}\n` };
}

const stating: Call = { ...done, args: { ...done.args, checks: [{ check: "tests" }] } };

const LONG = "a line of some length\n".repeat(400);

/** Runs that go different ways through the program. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  // Files of each kind of change, so that a checkout can be left at any of them. Nothing is asked, so no gate has a checkout.
  one_task: {
    tasks: {
      a: {
        claims:
          'files.edit = ["src/a.txt"]\nfiles.create = ["deep/new.txt", "deep/long.txt"]\nfiles.delete = ["src/b.txt"]',
        attempts: [
          [
            put("src/a.txt", "omega"),
            write("deep/new.txt", "new\n"),
            write("deep/long.txt", LONG),
            bash("rm src/b.txt"),
            done,
          ],
        ],
      },
    },
    test_cmd: "",
  },
  // The second begins where the first has landed; both are judged.
  one_after_another: {
    tasks: {
      a: { attempts: [[put("src/a.txt", "first"), done]] },
      b: {
        claims: 'files.edit = ["src/a.txt"]\ndepends_on = ["a"]',
        attempts: [[put("src/a.txt", "first and second"), done]],
      },
    },
    test_cmd: "grep -q first src/a.txt",
  },
  // What is refused is gone on from, and lands at the second attempt. Its worker states what it has checked.
  refused_once: {
    tasks: {
      a: {
        claims: 'files.edit = ["src/a.txt"]\nfiles.create = ["src/kept.txt"]\ntest_cmd = "grep -q right src/a.txt"',
        attempts: [
          [write("src/kept.txt", "kept\n"), put("src/a.txt", "wrong"), stating],
          [write("src/kept.txt", "kept\n"), put("src/a.txt", "right"), stating],
        ],
      },
    },
    test_cmd: "grep -q right src/a.txt",
  },
  // Neither waits for the other: one is judged while the other works, and one is overtaken.
  side_by_side: {
    tasks: {
      a: { attempts: [[put("src/a.txt", "omega"), done]] },
      b: {
        claims: 'files.create = ["src/new.txt"]',
        attempts: [[write("src/new.txt", "new\n"), done]],
      },
    },
    test_cmd: "",
  },
};

/** Repositories as each shape's run finds them, made once and copied for each scenario. */
export function openShapes() {
  const made = new Map<string, Place>();
  const original = (name: string): Place => {
    const shape = SHAPES[name];
    if (!shape) throw new Error(`No shape "${name}"`);
    const known = made.get(name) ?? layTasks(shape.tasks, { project: { test_cmd: shape.test_cmd } });
    made.set(name, known);
    return known;
  };
  return {
    /** `disk`: on a small disk of its own */
    lay(name: string, disk: boolean): Place {
      const folder = mkdtempSync(join(tmpdir(), "dgov-crash-"));
      if (disk && !mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)) throw new Error("Cannot make a small disk");
      const root = join(folder, "repo");
      cpSync(original(name).root, root, { recursive: true });
      const home = join(folder, "home");
      mkdirSync(home);
      const stop = () => {
        if (disk) unmount(folder);
        rmSync(folder, { recursive: true, force: true });
      };
      return { folder, root, env: bareEnvironment(home), stop };
    },
    close() {
      for (const place of made.values()) place.stop();
    },
  };
}
