import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolEnvironment } from "./environment.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-environment-")));
const home = join(base, "home");
const there = join(base, "tools");
for (const folder of [".asdf", ".volta", ".config"]) mkdirSync(join(home, folder), { recursive: true });
mkdirSync(there);
afterAll(() => rmSync(base, { recursive: true, force: true }));

const environment = (inherited: Record<string, string>, real_home: string | null = home) =>
  toolEnvironment({ tmp: "/private", inherited, real_home });

const MANAGERS = [
  ...["ASDF_DIR", "ASDF_DATA_DIR", "VOLTA_HOME", "MISE_DATA_DIR", "PYENV_ROOT", "NVM_DIR", "RUSTUP_HOME", "CARGO_HOME"],
  ...["SDKMAN_DIR", "GOROOT", "GOPATH", "GOMODCACHE", "JAVA_HOME", "RBENV_ROOT", "VIRTUAL_ENV"],
];

test.each(MANAGERS)("%s passes where it names a folder that a jail may read, and only there", (name) => {
  expect(environment({ [name]: there })[name]).toBe(there);
  for (const value of ["", "sk-12345", "tools", "/", join(base, "gone"), base, home, join(home, ".config")])
    expect(Object.values(environment({ [name]: value }))).not.toContain(value === "" ? undefined : value);
});

test("a name of many folders keeps those that are there", () => {
  expect(environment({ GOPATH: `${there}:${join(base, "gone")}:${home}:${there}` }).GOPATH).toBe(`${there}:${there}`);
  expect(environment({ GOROOT: `${there}:${there}` })).not.toHaveProperty("GOROOT");
});

test("toolchains in the home are found although HOME is another, and what the user has set comes first", () => {
  expect(environment({})).toMatchObject({ ASDF_DATA_DIR: join(home, ".asdf"), VOLTA_HOME: join(home, ".volta") });
  expect(environment({ VOLTA_HOME: there }).VOLTA_HOME).toBe(there);
  expect(environment({}, null)).not.toHaveProperty("VOLTA_HOME");
  expect(environment({}).HOME).toBe("/private/home");
});

test("what is no toolchain's does not pass, whatever it says", () => {
  const passed = environment({
    OPENAI_API_KEY: there,
    ASDF_TOKEN: there,
    GITHUB_TOKEN: "x",
    LD_PRELOAD: there,
    NODE_OPTIONS: "--x",
  });
  for (const name of ["OPENAI_API_KEY", "ASDF_TOKEN", "GITHUB_TOKEN", "LD_PRELOAD", "NODE_OPTIONS"])
    expect(passed).not.toHaveProperty(name);
});
