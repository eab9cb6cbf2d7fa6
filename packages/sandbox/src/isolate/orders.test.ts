import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IsolationSpec } from "./isolation.ts";
import { ordersFor } from "./orders.ts";
import { makeWayOut } from "./way_out.ts";

const place = realpathSync(mkdtempSync(join(tmpdir(), "dgov-orders-")));
const [root, tmp] = [join(place, "root"), join(place, "tmp")];
for (const folder of [join(root, ".git"), join(root, "src"), tmp]) mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(place, { recursive: true, force: true }));

const MIB = 1024 * 1024;
const limits = { memory_bytes: MIB, processes: 1, tmp_bytes: MIB, file_bytes: MIB, open_files: 16 };
const SPEC: IsolationSpec = {
  ...{ root, tmp, write: [{ kind: "directory", path: "src", only: null }], git_dir: join(root, ".git") },
  ...{ read: "all", network: "none", limits, env: { PATH: "/usr/bin", NODE_OPTIONS: "x" }, scope: null },
};

/** Paths of these three folders are written as macOS's kernel knows them. */
const shown = (path: string) => path.replace(/^\/(?=(tmp|var|etc)\/)/, "/private/");

test("on macOS the profile stands before our own words, with the proxy's port where there is one", async () => {
  const way = await makeWayOut("seatbelt", { network: { hosts: ["pypi.org"] } });
  try {
    const spec: IsolationSpec = { ...SPEC, network: { hosts: ["pypi.org"] } };
    const { outer, serve } = ordersFor({ level: "seatbelt", spec, self: ["dgov"], way, readable: "all" });
    const [program, option, profile = "", ...more] = outer;
    expect([program, option, more]).toEqual(["/usr/bin/sandbox-exec", "-p", []]);
    expect(profile).toContain(
      `(allow file-write*\n  (subpath "${shown(tmp)}")\n  (subpath "${shown(join(root, "src"))}"))`,
    );
    expect(profile).toContain(`(deny file-write*\n  (subpath "${shown(join(root, ".git"))}"))`);
    expect(profile).toContain(`(allow network-outbound (remote ip "localhost:${way.port}"))`);
    expect(serve.env).toMatchObject({ HTTPS_PROXY: `http://127.0.0.1:${way.port}`, NO_PROXY: expect.anything() });
    expect(serve.env.NODE_OPTIONS).toBeUndefined();
  } finally {
    await way.close();
  }
});

test("with no network a profile has none, and commands hear of no proxy", async () => {
  const way = await makeWayOut("seatbelt", { network: "none" });
  const { outer, serve } = ordersFor({ level: "seatbelt", spec: SPEC, self: ["dgov"], way, readable: "all" });
  expect(outer[2]).not.toContain("network");
  expect(serve.env.HTTP_PROXY).toBeUndefined();
});

test("Landlock has nothing before it", async () => {
  const way = await makeWayOut("landlock", { network: "none" });
  expect(ordersFor({ level: "landlock", spec: SPEC, self: ["dgov"], way, readable: "all" }).outer).toEqual([]);
});
