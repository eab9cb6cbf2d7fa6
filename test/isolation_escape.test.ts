import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type Attacked, attackJail } from "./escape.ts";
import { available, FIXTURES, makePlace, maker, missing, sh, specOf } from "./jail.ts";

setDefaultTimeout(180_000); // many processes, and the machine may be busy

for (const { title } of missing) test.skip(title, () => {});

/** Where process numbers are the jail's own, such a call reaches nobody or the jail's own processes. */
const OF_OWN_NUMBERS = /governor|priority/;

/** @returns what got through, by name */
function escaped(level: string, { inside, shell }: Pick<Attacked, "inside" | "shell">): string[] {
  const wrong = Object.entries(inside).filter(([name, result]) => {
    if (name.startsWith("ok: ")) return result !== "done";
    return result === "done" && !(level === "bwrap" && OF_OWN_NUMBERS.test(name));
  });
  const commands = Object.entries(shell).filter(([, exit]) => exit === 0);
  return [...wrong.map(([name, result]) => `${name}: ${result}`), ...commands.map(([command]) => command)];
}

const UNTOUCHED = { received: [], signals: 0, left: 0, descriptors: "0  1  2  3" };

/** What an attack on the machine itself would change. */
const machine = () => ({
  hostname: hostname(),
  core: readFileSync("/proc/sys/kernel/core_pattern", "utf8"),
  limits: readFileSync("/proc/self/limits", "utf8"),
  nice: readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")[16],
  affinity: /^Cpus_allowed:.*$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[0],
  escaped: existsSync("/tmp/dgov-escaped"),
  shm: existsSync("/dev/shm/dgov-attack"),
});

describe.each(available)("%s", (level) => {
  test("nothing gets out, and the machine is as it was", async () => {
    const before = { ...machine(), ms: Date.now() - performance.now() };
    const found = await attackJail(level);
    const { outside, base } = found.place;
    expect(escaped(level, found)).toEqual([]);
    expect(Object.keys(found.inside).length).toBeGreaterThan(80);
    expect(found).toMatchObject(UNTOUCHED);
    expect(readFileSync(join(outside, "victim.txt"), "utf8")).toBe("victim\n");
    expect(readdirSync(outside)).toEqual(["victim.txt"]);
    const { ms, ...was } = before;
    expect(machine()).toEqual(was);
    expect(Math.abs(Date.now() - performance.now() - ms)).toBeLessThan(5_000);
    rmSync(base, { recursive: true, force: true });
  });

  test("the modes and times of foreign files: only bubblewrap keeps them", async () => {
    const place = makePlace();
    const isolation = await maker.start(level, specOf(place, "all"));
    const [victim, config] = [join(place.outside, "victim.txt"), join(place.main, ".git/config")];
    const facts = () => [victim, config].map((path) => [statSync(path).mode & 0o777, statSync(path).mtimeMs]);
    const before = facts();
    const { exit } = await sh(
      isolation,
      `chmod 640 ${victim} ${config} && touch -d 2001-01-01 ${victim}; chmod 777 ${victim}`,
    );
    // When Landlock learns to cover this, the threat model has a paragraph less.
    expect({ refused: exit !== 0, same: Bun.deepEquals(facts(), before) }).toEqual(
      level === "landlock" ? { refused: false, same: false } : { refused: true, same: true },
    );
    expect(readFileSync(victim, "utf8")).toBe("victim\n");
    const worse = await sh(
      isolation,
      `chmod u+s ${victim}; chattr +d ${config}; setfattr -n user.x -v 1 ${config}; chown 1:1 ${victim}`,
    );
    expect(worse.exit).not.toBe(0);
    expect(statSync(victim)).toMatchObject({ uid: process.getuid?.() ?? 0 });
    expect(statSync(victim).mode & 0o6000).toBe(0);
    await isolation.stop();
    rmSync(place.base, { recursive: true, force: true });
  });

  // An ordinary user has run the test above already. Root lends itself the number of nobody.
  const isRoot = process.getuid?.() === 0;
  const home = isRoot ? mkdtempSync(join(tmpdir(), "dgov-nobody-")) : null;
  afterAll(() => {
    if (home !== null) rmSync(home, { recursive: true, force: true });
  });
  test.skipIf(!isRoot)("nothing gets out for a user without rights", () => {
    chownSync(home ?? "", 65_534, 65_534);
    const argv = [process.execPath, "--config=/dev/null", "--no-env-file", join(FIXTURES, "other_user.ts"), level];
    const ran = Bun.spawnSync(argv, {
      uid: 65_534,
      gid: 65_534,
      cwd: "/",
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home ?? "", TMPDIR: home ?? "" },
    });
    expect({ exit: ran.exitCode, said: ran.stderr.toString() }).toEqual({ exit: 0, said: "" });
    const found = JSON.parse(ran.stdout.toString());
    expect(escaped(level, found)).toEqual([]);
    expect(found).toMatchObject({
      uid: 65_534,
      ...UNTOUCHED,
      victim: "victim\n",
      outside: ["victim.txt"],
    });
  });
});
