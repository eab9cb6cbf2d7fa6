import { afterAll, expect, test } from "bun:test";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FIXTURES } from "./jail.ts";

// Root opens every folder, so these run as an ordinary user: root lends itself the number of nobody.
// Once more in memory, where times do not tell what a mapping changed.
const homes = [tmpdir(), "/dev/shm"].filter(existsSync).map((place) => mkdtempSync(join(place, "dgov-guard-")));
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

const DEEP = `python3 -c '
import os
os.chdir("src")
for i in range(30): os.mkdir("d" * 200); os.chdir("d" * 200)
open("x", "w").write("x")'`;

/** Ways to leave a change behind that nobody has claimed, each with whether something claimed was changed too. */
const COMMANDS: readonly string[] = [
  "true",
  "chmod 000 src/a.py",
  "echo x > src/a.py; chmod 000 src/a.py",
  "mkdir src/d; touch src/d/x; chmod 500 src/d",
  "mkdir src/d; touch src/d/x; chmod 400 src/d",
  "mkdir -p src/d/e/f; touch src/d/e/f/x; chmod 000 src/d/e; chmod 000 src/d",
  "touch src/x; chmod 500 src",
  "rm src/a.py; chmod 000 src",
  "echo x > src/sub/b.py; chmod 000 src/sub",
  "chmod 755 src/shut; echo x > src/shut/c.py; touch src/shut/new",
  "chmod 755 src/shut; rm -r src/shut",
  "rm src/n*; mkdir src/$(printf n%.0s $(seq 250))",
  "for f in src/n*; do echo x > $f; done",
  "echo x > \"src/$(printf 'new\\377.py')\"; mkdir \"src/$(printf 'd\\377')\"; echo y > \"src/$(printf 'd\\377')/z\"",
  "echo x >> \"src/$(printf 'odd\\377')\"; rm src/link*",
  "mkdir -p src/d/.git/objects; touch src/d/.git/objects/x; chmod 555 src/d/.git/objects src/d/.git",
  "rm -r src/sub; ln -s ../docs src/sub",
  "mkfifo src/p; rm src/a.py; mkfifo src/a.py",
  "echo x > src/.dgov-put-back; mkdir src/sub/.dgov-put-back; rm src/sub/b.py",
  DEEP,
  `python3 -c '
import mmap
with open("src/a.py", "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    m[0:1] = bytes([m[0] + 1])'`,
];

test.each(homes)("%s: what a command did to unclaimed things is undone, what it wrote to the claim stays", (home) => {
  if (process.getuid?.() === 0) chownSync(home, 65_534, 65_534);
  const commands = COMMANDS.map((command) => `echo claimed > src/claimed.py; ${command}`);
  const argv = [process.execPath, "--config=/dev/null", "--no-env-file", join(FIXTURES, "put_back.ts")];
  const ran = Bun.spawnSync([...argv, JSON.stringify(commands)], {
    ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    cwd: "/",
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home, TMPDIR: home },
  });
  expect({ exit: ran.exitCode, said: ran.stderr.toString() }).toEqual({ exit: 0, said: "" });
  const found: { command: string; put_back: number }[] = JSON.parse(ran.stdout.toString());
  expect(found).toEqual(
    commands.map((command, at) => ({
      command,
      same: true,
      lost: [],
      put_back: at === 0 ? 0 : expect.any(Number),
      claimed: "claimed\n",
    })),
  );
  expect(found.slice(1).filter(({ put_back }) => put_back === 0)).toEqual([]);
});
