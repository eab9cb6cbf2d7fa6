import { expect, test } from "bun:test";
import { hostsFault } from "@dgov/sandbox/network";
import { DgovError } from "./error.ts";
import { networkWords, refuseHosts } from "./network.ts";

const NONE = { hosts: [], gate_hosts: [], setup: "open" } as const;
const HOSTS = ["pypi.org"];
const onlyRoot = hostsFault("landlock"); // null where this process can give others a network of their own

test.each([
  ["hosts", { ...NONE, hosts: HOSTS }],
  ["gate_hosts", { ...NONE, gate_hosts: ["*"] }],
  ["setup_network", { ...NONE, setup: { hosts: HOSTS } }],
] as const)("%s is refused with the cure where hosts cannot be told apart, and only there", (key, rules) => {
  expect(() => refuseHosts("bwrap", rules)).not.toThrow();
  expect(() => refuseHosts("wasm", rules)).not.toThrow();
  if (onlyRoot === null) return expect(() => refuseHosts("landlock", rules)).not.toThrow();
  try {
    refuseHosts("landlock", rules);
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    expect(error.code).toBe("sandbox_missing");
    expect(error.message).toContain(`[sandbox] ${key}`);
    expect(error.hint).toContain("Install bubblewrap");
    return;
  }
  throw new Error("Not refused");
});

test("no host at all is refused nowhere", () => {
  for (const setup of ["open", "none"] as const)
    expect(() => refuseHosts("landlock", { ...NONE, setup })).not.toThrow();
});

test.each([
  ["bwrap", [], /^Commands run without network$/],
  ["wasm", ["pypi.org"], /^Commands run without network$/],
  ["landlock", ["pypi.org", "*.pythonhosted.org"], /no host but these, .*: pypi\.org, \*\.pythonhosted\.org$/],
  ["bwrap", ["db.test:5432", "*"], /: any public host, db\.test:5432$/],
] as const)("at %s with %p a worker is told so", (level, hosts, words) => {
  expect(networkWords(level, hosts)).toMatch(words);
});
