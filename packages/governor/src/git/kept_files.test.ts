import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../process.ts";
import { keepFiles } from "./kept_files.ts";
import { type Content, type Repository, repository } from "./testing/repository.ts";
import { openPool } from "./worktrees.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const remove of made.splice(0)) await remove();
});

const FILES: Record<string, Content> = {
  ".gitignore": "out/\n*.log\n",
  "a.py": "one\n",
  "b.py": "two\n",
  "src/deep/c.py": "three\n",
  "src/d.py": "four\n",
  "tool.sh": { run: "#!/bin/sh\n" },
  here: { link: "a.py" },
  "dos.txt": "x\r\ny\r\n",
  ".gitattributes": "dos.txt text eol=crlf\n",
  "uv.lock": "lock\n",
};

/** A checkout that is kept, and a shell in it. `base` is what is there before it is kept. */
async function lay(files: Record<string, Content> = FILES, ignores = (path: string) => path === "uv.lock") {
  const repo: Repository = await repository(files);
  const commit = await repo.user("rev-parse", "HEAD");
  const pool = openPool(repo.git, { folder: join(repo.folder, "pool"), now_ms: () => 0 });
  const lease = await pool.acquire(commit);
  made.push(async () => {
    lease.release();
    await pool.close();
    repo.remove();
  });
  const sh = async (command: string) => {
    const env = { PATH: process.env.PATH ?? "" };
    const exit = await run(["/bin/sh", "-c", command], {
      cwd: lease.path,
      env,
      timeout_ms: 30_000,
      bytes_max: 1_000_000,
    });
    if (exit.code !== 0) throw new Error(`${command}: ${exit.stderr}`);
  };
  return { root: lease.path, keeper: keepFiles(lease, { commit, ignores }), sh, lease };
}

/** All that stands in a checkout, apart from git's own. */
function standing(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of readdirSync(root, { recursive: true }).map(String).sort()) {
    const stat = lstatSync(join(root, path));
    if (path === ".git" || stat.isDirectory()) continue;
    found[path] = stat.isFile()
      ? `${(stat.mode & 0o777).toString(8)} ${readFileSync(join(root, path), "utf8")}`
      : "link";
  }
  return found;
}

const stamp = "touch -d '2020-01-01' a.py; touch -r a.py ../stamp";

test.each<[string, string, string[]]>([
  ["writes into a file", "echo bad >> a.py", ["a.py"]],
  ["writes as many bytes and sets the time back", `${stamp}; printf 'ONE\\n' > a.py; touch -r ../stamp a.py`, ["a.py"]],
  ["deletes a file", "rm b.py", ["b.py"]],
  ["deletes a folder", "rm -r src", ["src/d.py", "src/deep/c.py"]],
  ["puts another file in its place", "echo new > n.log; mv n.log a.py", ["a.py"]],
  ["makes a file a link", "mv a.py a.log; ln -s a.log a.py", ["a.py"]],
  ["makes a link lead elsewhere", "ln -sfn b.py here", ["here"]],
  ["makes a folder a link to what it was", "mv src out; ln -s out src", ["src/d.py", "src/deep/c.py"]],
  ["makes a folder a file", "rm -r src/deep; echo x > src/deep", ["src/deep/c.py"]],
  ["makes a file a folder", "rm a.py; mkdir -p a.py/x; echo x > a.py/x/y", ["a.py"]],
  ["makes a file a pipe", "rm a.py; mkfifo a.py", ["a.py"]],
  ["makes a file a program, and a program a file", "chmod +x a.py; chmod -x tool.sh", ["a.py", "tool.sh"]],
  [
    "changes how line ends are written, and a file",
    "echo '* text eol=lf' > .gitattributes; echo z >> dos.txt",
    [".gitattributes", "dos.txt"],
  ],
  ["swaps two files", "mv a.py t.log; mv b.py a.py; mv t.log b.py", ["a.py", "b.py"]],
  ["writes through a hard link", "ln a.py out.log; echo bad > out.log", ["a.py"]],
])("a command that %s: all is as it was, and it is told", async (_, command, expected) => {
  const { root, keeper, sh } = await lay();
  const before = standing(root);
  await sh(command);
  expect((await keeper.putBack()).sort()).toEqual(expected);
  const after = standing(root);
  for (const name of ["a.log", "out.log", "out/d.py", "out/deep/c.py"]) delete after[name]; // ignored by git: it may stay
  expect(after).toEqual(before);
  expect(await keeper.putBack()).toEqual([]);
});

test.each<[string, string]>([
  ["touches every file", "find . -type f -exec touch {} +"],
  ["writes what is there already", "cat a.py > ../copy; cat ../copy > a.py"],
  ["formats a file with the line ends that git gives it", "cat dos.txt > ../copy; cat ../copy > dos.txt"],
  ["moves a file away and back", "mv src/d.py src/e; mv src/e src/d.py"],
  ["makes a folder anew with the same in it", "cp -r src ../src; rm -r src; cp -r ../src src"],
  ["closes files and folders", "chmod 000 a.py src/deep src"],
  ["writes a file that is nobody's work", "echo more >> uv.lock"],
  ["makes a program more of a program", "chmod 777 tool.sh"],
])("a command that %s has changed nothing", async (_, command) => {
  const { root, keeper, sh } = await lay();
  const before = Object.keys(standing(root));
  await sh(command);
  expect(await keeper.putBack()).toEqual([]);
  expect(Object.keys(standing(root))).toEqual(before);
  expect(readFileSync(join(root, "a.py"), "utf8")).toBe("one\n");
});

test("what a command makes is gone, unless git ignores it or it was there before", async () => {
  const { root, keeper, sh } = await lay();
  await sh("mkdir -p .venv/lib out; echo x > .venv/lib/m.py; echo x > out/o; echo x > made.txt");
  await keeper.accept();
  expect(await keeper.putBack()).toEqual([]);
  await sh(
    "echo x > conftest.py; mkdir -p src/new; echo x > src/new/sitecustomize.py; echo x > .venv/lib/later.py; " +
      "echo x > out/p; echo x > a.log; ln -s / way-out; mkdir inner; cd inner; git init -q .; echo x > y",
  );
  expect(await keeper.putBack()).toEqual([]);
  const names = Object.keys(standing(root)).filter((path) => !(path in FILES));
  expect(names).toEqual([".venv/lib/later.py", ".venv/lib/m.py", "a.log", "made.txt", "out/o", "out/p"]);
  await sh("mkdir -p src/new/deeper; echo x > src/new/deeper/conftest.py; chmod 000 src/new/deeper src/new");
  await keeper.putBack();
  await sh("test ! -d src/new || chmod 755 src/new; test ! -d src/new/deeper || chmod 755 src/new/deeper");
  expect(existsSync(join(root, "src/new/deeper/conftest.py"))).toBe(false);
});

test("the ignore rules are the commit's, also when a command writes others", async () => {
  const { root, keeper, sh } = await lay();
  await sh("echo '*' > src/.gitignore; echo '*' >> .gitignore; echo x > src/conftest.py; echo x > conftest.py");
  expect(await keeper.putBack()).toEqual([".gitignore"]);
  expect(Object.keys(standing(root))).toEqual(Object.keys(FILES).sort());
});

test("names of every kind, and what stands where a submodule would", async () => {
  const odd = "q\"'\n\\ é";
  const { root, keeper, sh, lease } = await lay({ [odd]: "x\n", "sub/keep.txt": "x\n" });
  await sh('for f in q*; do echo bad > "$f"; done; echo y > \'new "one"\'');
  expect(await keeper.putBack()).toEqual([odd]);
  expect(Object.keys(standing(root)).sort()).toEqual([odd, "sub/keep.txt"]);
  const head = await lease.git.text(["rev-parse", "HEAD"]);
  const { index_file } = lease;
  await lease.git.ask(["update-index", "--add", "--cacheinfo", `160000,${head},module`], { index_file });
  await sh("mkdir module");
  const again = keepFiles(lease, { commit: head, ignores: () => false });
  await sh("echo x > module/conftest.py");
  expect(await again.putBack()).toEqual([]);
  expect(readdirSync(join(root, "module"))).toEqual([]);
  await sh("rmdir module; ln -s sub module");
  await again.putBack();
  expect(lstatSync(join(root, "module")).isDirectory()).toBe(true);
});

test("a change in the moment after a look is seen at the next one", async () => {
  const { keeper, root } = await lay();
  const path = join(root, "a.py");
  for (let round = 0; round < 10; round++) {
    writeFileSync(path, "one\n");
    expect(await keeper.putBack()).toEqual([]);
    writeFileSync(path, "bad\n");
    expect(await keeper.putBack()).toEqual(["a.py"]);
  }
});
