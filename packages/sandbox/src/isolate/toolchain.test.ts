import { expect, test } from "bun:test";
import { interpreterFolders, type Looks, toolchainFolders, type Wanted, withoutInner } from "./toolchain.ts";

/** A machine of names: a text is where a link points, `null` is a file or folder. */
function machine(entries: Record<string, string | null>): Looks {
  const paths = Object.keys(entries);
  return {
    link: (path) => entries[path] ?? null,
    has: (path) => paths.some((one) => one === path || one.startsWith(`${path}/`)),
    links: (folder) =>
      paths
        .filter((one) => entries[one] !== null && one.slice(0, one.lastIndexOf("/")) === folder)
        .map((one) => one.slice(folder.length + 1)),
  };
}

const wanted = (env: Record<string, string>, more: Partial<Wanted> = {}): Wanted => ({
  env,
  programs: [],
  home: "/home/u",
  keeps: ["/home/u/work/repo/.git", "/home/u/.dgov/w1"],
  ...more,
});

type Row = [what: string, env: Record<string, string>, machine: Record<string, string | null>, folders: string[]];

test.each<Row>([
  ["nothing beyond the system's own", { PATH: "/usr/bin:/bin:relative:" }, { "/usr/bin/ls": null }, []],
  [
    "a system program that links out of it, and each link on the way",
    { PATH: "/usr/local/bin" },
    {
      "/usr/local/bin/bun": "/opt/bun/node_modules/.bin/bun",
      "/opt/bun/node_modules/.bin/bun": "../bun/bin/bun.exe",
      "/opt/bun/node_modules/bun/bin/bun.exe": null,
      "/opt/other/secret": null,
    },
    ["/opt/bun/node_modules"],
  ],
  [
    "version managers by their names, without what they hold",
    {
      PATH: "/home/u/.cargo/bin:/home/u/.pyenv/shims:/home/u/gone/bin",
      CARGO_HOME: "/home/u/.cargo",
      PYENV_ROOT: "/home/u/.pyenv",
      RUSTUP_HOME: "/home/u/.rustup",
    },
    {
      "/home/u/.cargo/bin/cargo": "rustup",
      "/home/u/.cargo/registry": null,
      "/home/u/.pyenv/shims/python": null,
      "/home/u/.pyenv/libexec": null,
      "/home/u/.rustup/toolchains": null,
    },
    ["/home/u/.cargo", "/home/u/.pyenv", "/home/u/.rustup"],
  ],
  [
    "shims with what they start",
    { PATH: "/home/u/.asdf/shims:/home/u/x/shims" },
    { "/home/u/.asdf/shims/node": null, "/home/u/.asdf/installs/node/20/bin/node": null, "/home/u/x/shims/a": null },
    ["/home/u/.asdf", "/home/u/x/shims"],
  ],
  [
    "each manager that the environment names",
    {
      PATH: "",
      ...{ ASDF_DATA_DIR: "/data/asdf", VOLTA_HOME: "/home/u/.volta", MISE_DATA_DIR: "/home/u/.local/share/mise" },
      ...{ SDKMAN_DIR: "/home/u/.sdkman", NVM_DIR: "relative/nvm", GOROOT: "sk-not-a-path" },
    },
    { "/data/asdf/a": null, "/home/u/.volta/a": null, "/home/u/.local/share/mise/a": null, "/home/u/.sdkman/a": null },
    ["/data/asdf", "/home/u/.local/share/mise", "/home/u/.sdkman", "/home/u/.volta"],
  ],
  [
    "nothing where such a name means what others share",
    {
      PATH: "",
      ASDF_DATA_DIR: "/home/u/.config",
      MISE_DATA_DIR: "/home/u/.local/share",
      VOLTA_HOME: "/home",
      GOROOT: "/",
    },
    { "/home/u/.config/x": null, "/home/u/.local/share/keyrings": null },
    [],
  ],
  [
    "of a GOPATH only what Go puts there",
    { PATH: "/home/u/go/bin", GOPATH: "/home/u/go" },
    { "/home/u/go/bin/staticcheck": null, "/home/u/go/pkg/mod": null, "/home/u/go/src/private": null },
    ["/home/u/go/bin", "/home/u/go/pkg"],
  ],
  [
    "of ~/.local only programs and what they link to",
    { PATH: "/home/u/.local/bin" },
    {
      "/home/u/.local/bin/ruff": "/home/u/.local/share/uv/tools/ruff/bin/ruff",
      "/home/u/.local/share/uv/tools/ruff/bin/ruff": null,
      "/home/u/.local/share/uv/tools/ruff/pyvenv.cfg": null,
      "/home/u/.local/share/uv/tools/ruff/bin/python": "/home/u/.local/share/uv/python/cpython-3.12/bin/python3.12",
      "/home/u/.local/share/uv/python/cpython-3.12/bin/python3.12": null,
      "/home/u/.local/share/uv/python/cpython-3.12/lib": null,
      "/home/u/.local/share/keyrings/login": null,
      "/home/u/.local/lib": null,
    },
    ["/home/u/.local/bin", "/home/u/.local/share/uv/python/cpython-3.12", "/home/u/.local/share/uv/tools/ruff"],
  ],
  [
    "a bin folder in the home, and not the home",
    { PATH: "/home/u/bin:/opt/tool/bin:/srv/scripts" },
    {
      "/home/u/bin/x": null,
      "/home/u/lib": null,
      "/opt/tool/bin/t": null,
      "/opt/tool/lib": null,
      "/srv/scripts/s": null,
      "/srv/lib": null,
    },
    ["/home/u/bin", "/opt/tool", "/srv/scripts"],
  ],
  [
    "nothing where PATH names the home or what a repository lies in",
    { PATH: "/home/u:/home/u/work:/:/home", VIRTUAL_ENV: "/home/u" },
    { "/home/u/x": null, "/home/u/work/y": null },
    [],
  ],
  [
    "a project's bin folder, and not the project, nor what a repository lies in",
    { PATH: "/home/u/app/bin:/home/u/work/bin" },
    {
      "/home/u/app/bin/x": null,
      "/home/u/app/lib": null,
      "/home/u/app/.git": null,
      "/home/u/work/bin/y": null,
      "/home/u/work/lib": null,
    },
    ["/home/u/app/bin", "/home/u/work/bin"],
  ],
  [
    "the active environment of a project, and not the project",
    { PATH: "/home/u/app/.venv/bin", VIRTUAL_ENV: "/home/u/app/.venv" },
    {
      "/home/u/app/.venv/bin/python": "/usr/bin/python3",
      "/home/u/app/.venv/pyvenv.cfg": null,
      "/home/u/app/.git": null,
    },
    ["/home/u/app/.venv"],
  ],
])("finds %s", (_, env, entries, folders) => {
  expect(toolchainFolders(wanted(env), machine(entries))).toEqual(folders);
});

test("what the project's commands name counts as a program, a plain file by itself", () => {
  const looks = machine({
    "/data/venv/bin/python": "python3",
    "/data/venv/bin/python3": "/home/u/.pyenv/versions/3.12/bin/python3",
    "/data/venv/pyvenv.cfg": null,
    "/home/u/.pyenv/versions/3.12/bin/python3": null,
    "/home/u/.pyenv/versions/3.12/lib": null,
    "/data/rules.toml": null,
    "/data/other": null,
  });
  const programs = ["/data/venv/bin/python", "/data/rules.toml", "/data/none"];
  expect(toolchainFolders(wanted({}, { programs }), looks)).toEqual([
    "/data/rules.toml",
    "/data/venv",
    "/home/u/.pyenv/versions/3.12",
  ]);
});

test.each([
  ["/home/u/.pyenv/versions/3.12/bin/python3.12", ["/home/u/.pyenv/versions/3.12"]],
  ["/usr/bin/python3", []],
  ["/home/u/.ssh/id_rsa", []],
  ["/home/u/.ssh/python3", []],
  ["/home/u/bin/python3", []],
  ["/home/u/app/bin/python3", []], // a project that has a bin folder
])("the Python of an environment that a worker may have laid out: %s", (target, folders) => {
  const looks = machine({
    "/w/.venv/bin/python": target,
    [target]: null,
    "/home/u/.pyenv/versions/3.12/lib": null,
    "/home/u/lib": null,
    "/home/u/.ssh/lib": null,
    "/home/u/app/lib": null,
    "/home/u/app/.git": null,
  });
  expect(interpreterFolders("/w/.venv", wanted({}), looks)).toEqual(folders);
});

test("folders in others are left out, neighbours with longer names are not", () => {
  expect(withoutInner(["/a/b", "/a", "/ab", "/a", "/c/d"])).toEqual(["/a", "/ab", "/c/d"]);
});
