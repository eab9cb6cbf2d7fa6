import { describe, expect, test } from "bun:test";
import type { Place } from "./landlock.ts";
import { type SeatbeltOrder, seatbeltProfile } from "./seatbelt.ts";

// There is no macOS here: the profile is read and judged as its language says, the last rule that matches decides.

type Term = string | { text: string } | Term[];

/** Words, strings and lists of a profile. */
function parse(profile: string): Term[] {
  const tokens = profile.match(/"(?:\\.|[^"\\])*"|[()]|[^\s()"]+/g) ?? [];
  const stack: Term[][] = [[]];
  for (const token of tokens) {
    if (token === "(") stack.push([]);
    else if (token === ")") {
      const list = stack.pop() ?? [];
      stack.at(-1)?.push(list);
    } else stack.at(-1)?.push(token.startsWith('"') ? { text: token.slice(1, -1).replace(/\\(.)/g, "$1") } : token);
  }
  if (stack.length !== 1) throw new Error("A parenthesis is missing");
  return stack[0] ?? [];
}

type Rule = { verdict: string; operations: string[]; filters: Term[][] };

function rulesOf(profile: string): Rule[] {
  return parse(profile).flatMap((term): Rule[] => {
    if (!Array.isArray(term)) throw new Error(`Not a rule: ${JSON.stringify(term)}`);
    const [verdict, ...rest] = term;
    if (verdict === "version") return [];
    if (verdict !== "allow" && verdict !== "deny") throw new Error(`Not a verdict: ${JSON.stringify(verdict)}`);
    const operations = rest.filter((one): one is string => typeof one === "string");
    return [{ verdict, operations, filters: rest.filter((one): one is Term[] => Array.isArray(one)) }];
  });
}

type Asked = { operation: string; path?: string; remote?: string; service?: string };

/** @returns "allow" or "deny", as the kernel would answer */
function judge(profile: string, asked: Asked): string {
  const matching = rulesOf(profile).filter(
    ({ operations, filters }) =>
      operations.some((operation) => covers(operation, asked.operation)) &&
      (filters.length === 0 || filters.some((filter) => holds(filter, asked))),
  );
  return matching.at(-1)?.verdict ?? "deny";
}

const covers = (operation: string, asked: string) =>
  operation === "default" ||
  operation === asked ||
  (operation.endsWith("*") && asked.startsWith(operation.slice(0, -1)));

function holds([kind, ...rest]: Term[], { path, remote, service }: Asked): boolean {
  const last = rest.at(-1);
  const text = typeof last === "object" && "text" in last ? last.text : last;
  if (kind === "literal") return path === text;
  if (kind === "subpath") return path !== undefined && (path === text || path.startsWith(`${String(text)}/`));
  if (kind === "remote" || kind === "local") return remote !== undefined && ["*:*", remote].includes(String(text));
  if (kind === "global-name") return service === text;
  if (kind === "target") return false; // other processes are never of the same sandbox here
  throw new Error(`Not a filter: ${String(kind)}`);
}

const ROOT = "/private/tmp/dgov/work";
const TMP = "/private/var/folders/ab/T/dgov-private-1";
const GIT = "/Users/me/project/.git";
const folder = (path: string): Place => ({ kind: "directory", path });

const ORDER: SeatbeltOrder = {
  places: [folder(TMP), folder(`${ROOT}/src`), { kind: "file", path: `${ROOT}/README.md` }],
  read_only: [`${ROOT}/.git`, GIT],
  readable: {
    places: [folder(ROOT), folder("/Users/me/.rustup")],
    links: [{ path: "/Users/me/bin/tool", target: "/opt/tool" }],
    hidden: [{ kind: "file", path: "/Users/me/.rustup/credentials" }],
  },
  network: "none",
  port: null,
};
const WHOLE: SeatbeltOrder = { ...ORDER, places: [folder(TMP), folder(ROOT)] };

const WRITES = ["file-write-data", "file-write-create", "file-write-unlink", "file-write-mode"];

describe("with claims", () => {
  const profile = seatbeltProfile(ORDER);
  test.each([`${ROOT}/src/a.py`, `${ROOT}/src/new/deep/a.py`, `${ROOT}/README.md`, `${TMP}/home/x`])(
    "%s is written",
    (path) => {
      for (const operation of WRITES) expect(judge(profile, { operation, path })).toBe("allow");
      expect(judge(profile, { operation: "file-read-data", path })).toBe("allow");
      expect(judge(profile, { operation: "file-write-setugid", path })).toBe("deny");
    },
  );

  test.each([
    ROOT,
    `${ROOT}/other.py`,
    `${ROOT}/srcx/a.py`,
    `${ROOT}/README.md.orig`,
    `${ROOT}/.git`,
    `${ROOT}/.git/config`,
    `${GIT}/hooks/post-commit`,
    GIT,
    "/Users/me/.zshrc",
    "/Users/me/.rustup/toolchains/x",
    "/private/tmp/other",
    "/private/etc/hosts",
    "/usr/local/bin/x",
    "/dev/disk0",
    "/",
  ])("%s is not", (path) => {
    for (const operation of WRITES) expect(judge(profile, { operation, path })).toBe("deny");
  });

  test.each([
    `${ROOT}/docs/a.md`,
    `${ROOT}/.git`,
    `${GIT}/objects/ab/cd`,
    "/usr/lib/libSystem.B.dylib",
    "/System/Library/Frameworks/x",
    "/opt/homebrew/bin/git",
    "/Users/me/.rustup/toolchains/stable/bin/cargo",
    "/dev/urandom",
    "/",
  ])("%s is read", (path) => {
    expect(judge(profile, { operation: "file-read-data", path })).toBe("allow");
  });

  test.each([
    "/Users/me",
    "/Users/me/.ssh/id_ed25519",
    "/Users/me/.aws/credentials",
    "/Users/me/.rustup/credentials",
    "/Users/me/project/secret.txt",
    "/Users/me/Library/Keychains/login.keychain-db",
    "/Library/Keychains/System.keychain",
    "/private/etc/master.passwd",
    "/private/var/root/x",
    "/private/var/folders/ab/T/another",
    "/Volumes/disk/x",
    "/dev/tty",
    "/Users/me/bin/tool",
  ])("%s is not", (path) => {
    expect(judge(profile, { operation: "file-read-data", path })).toBe("deny");
  });

  test("what lies on the way to a place can be looked at, and not listed", () => {
    for (const path of ["/Users", "/Users/me", "/private/tmp", "/tmp", "/Users/me/bin/tool"]) {
      expect(judge(profile, { operation: "file-read-metadata", path })).toBe("allow");
      expect(judge(profile, { operation: "file-read-data", path })).toBe("deny");
    }
    expect(judge(profile, { operation: "file-read-metadata", path: "/Users/me/.ssh" })).toBe("deny");
  });

  test("programs run, and reach no process and no service outside", () => {
    expect(judge(profile, { operation: "process-exec" })).toBe("allow");
    expect(judge(profile, { operation: "process-fork" })).toBe("allow");
    expect(judge(profile, { operation: "signal" })).toBe("deny");
    for (const service of [
      "com.apple.SecurityServer",
      "com.apple.launchd",
      "com.apple.pasteboard.1",
      "com.apple.trustd",
    ])
      expect(judge(profile, { operation: "mach-lookup", service })).toBe("deny");
    for (const operation of [
      "appleevent-send",
      "iokit-open",
      "job-creation",
      "file-link",
      "file-mknod",
      "system-socket",
    ])
      expect(judge(profile, { operation })).toBe("deny");
  });
});

test("a whole checkout is written but for what git keeps", () => {
  const profile = seatbeltProfile(WHOLE);
  expect(judge(profile, { operation: "file-write-create", path: `${ROOT}/anything` })).toBe("allow");
  for (const path of [`${ROOT}/.git`, `${ROOT}/.git/config`, `${GIT}/refs/heads/main`])
    for (const operation of WRITES) expect(judge(profile, { operation, path })).toBe("deny");
});

test("where all may be read, all is, and no more is written", () => {
  const profile = seatbeltProfile({ ...ORDER, readable: "all" });
  expect(judge(profile, { operation: "file-read-data", path: "/Users/me/notes.txt" })).toBe("allow");
  expect(judge(profile, { operation: "file-write-data", path: "/Users/me/notes.txt" })).toBe("deny");
});

const DOCKER = { operation: "network-outbound", path: "/private/var/run/docker.sock" };
const remote = (at: string): Asked => ({ operation: "network-outbound", remote: at });

test("without a network nothing goes out, not even to this machine", () => {
  const profile = seatbeltProfile(ORDER);
  for (const asked of [
    remote("localhost:28128"),
    remote("1.1.1.1:443"),
    DOCKER,
    { operation: "network-bind", remote: "*:*" },
  ])
    expect(judge(profile, asked)).toBe("deny");
});

test("with hosts only the proxy's port is reached", () => {
  const profile = seatbeltProfile({ ...ORDER, port: 28128 });
  expect(judge(profile, remote("localhost:28128"))).toBe("allow");
  for (const asked of [remote("localhost:28129"), remote("1.1.1.1:443"), DOCKER])
    expect(judge(profile, asked)).toBe("deny");
});

test("an open network is addresses, and no local socket but the name service's", () => {
  const profile = seatbeltProfile({ ...ORDER, network: "open" });
  expect(judge(profile, remote("1.1.1.1:443"))).toBe("allow");
  expect(judge(profile, DOCKER)).toBe("deny");
  expect(judge(profile, { ...DOCKER, path: "/private/var/run/mDNSResponder" })).toBe("allow");
});

test("a path is written so that it stays one, and as the kernel knows it", () => {
  const root = '/tmp/a "b" (c) \\ ;d #"e';
  const profile = seatbeltProfile({ ...ORDER, places: [folder(root)], read_only: [] });
  expect(judge(profile, { operation: "file-write-data", path: `/private${root}/x` })).toBe("allow");
  expect(judge(profile, { operation: "file-write-data", path: "/private/tmp/a" })).toBe("deny");
  expect(() => seatbeltProfile({ ...ORDER, places: [folder("/Users/a\nb")] })).toThrow("has control characters");
});

test("a list without a place makes no rule: that would be one for every place", () => {
  const profile = seatbeltProfile({ ...ORDER, places: [], read_only: [] });
  expect(judge(profile, { operation: "file-write-data", path: `${ROOT}/src/a.py` })).toBe("deny");
  for (const { operations, filters } of rulesOf(profile))
    if (operations.some((one) => one.startsWith("file-") && one !== "file-write-setugid"))
      expect(filters).not.toEqual([]);
});

test("the profile begins by refusing everything", () => {
  expect(seatbeltProfile(ORDER)).toStartWith("(version 1)\n(deny default)\n");
});
