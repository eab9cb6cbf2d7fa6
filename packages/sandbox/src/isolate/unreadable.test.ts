import { expect, test } from "bun:test";
import type { Readable } from "./readable.ts";
import { unreadableIn, unreadableNotes } from "./unreadable.ts";

const readable: Readable = {
  places: [
    { kind: "directory", path: "/usr" },
    { kind: "directory", path: "/home/u/repo/.dgov/w1" },
    { kind: "file", path: "/etc/passwd" },
  ],
  links: [{ path: "/bin", target: "usr/bin" }],
  hidden: [],
};

test.each<[string, string[]]>([
  ["cat: /home/u/.ssh/id_rsa: No such file or directory", ["/home/u/.ssh/id_rsa"]],
  ["cat: '/home/u/notes/a b.txt': Permission denied", ["/home/u/notes/a"]],
  [
    "FileNotFoundError: [Errno 2] No such file or directory: '/srv/data/x.json'\nFileNotFoundError: ENOENT /srv/data/x.json",
    ["/srv/data/x.json"],
  ],
  ["ls: cannot access '/var/log/': No such file or directory", ["/var/log"]],
  ["/bin/sh: 1: cannot open /home/u/repo/src/a.py: No such file", ["/home/u/repo/src/a.py"]],
  ["/usr/bin/shim: 2: exec: /home/u/.asdf/installs/a/bin/a: not found", ["/home/u/.asdf/installs/a/bin/a"]],
  // What may be read, what is nobody's refusal, and what is no absolute path.
  ["cat: /usr/share/none: No such file or directory", []],
  ["/bin/sh: 1: cannot open src/a.py: No such file", []],
  ["cat: /etc/passwd/x: Not a directory\n/proc/1/environ: Permission denied", []],
  ["wrote /home/u/other\ncopied to /srv/x", []],
  ["https://example.org/a/b: No such file or directory", []],
])("of %j", (output, paths) => {
  expect(unreadableIn(output, readable)).toEqual(paths);
});

test("many paths are told in part, and nothing where all may be read", () => {
  const output = Array.from({ length: 30 }, (_, n) => `/srv/${n}: Permission denied`).join("\n");
  expect(unreadableIn(output, readable)).toHaveLength(5);
  expect(unreadableIn(output, "all")).toEqual([]);
});

test("what is missed below HOME is told to be the user's, and a level that reads all says so too", () => {
  const output =
    "cat: /tmp/p/home/.npmrc: No such file or directory\ncat: /tmp/p/home/.npmrc: No such file or directory";
  for (const read of [{ ...readable, places: [{ kind: "directory", path: "/tmp/p" } as const] }, "all" as const]) {
    const notes = unreadableNotes(output, read, "/tmp/p/home");
    expect(notes).toEqual([
      expect.stringMatching(/^\/tmp\/p\/home\/\.npmrc is not there: HOME is a folder of this task's own/),
    ]);
  }
  expect(unreadableNotes("cat: /srv/x: Permission denied", readable, "/tmp/p/home")).toHaveLength(1);
});
