import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ownTarget, TARGETS } from "../scripts/targets.ts";
import { ROOT } from "./source.ts";

/** A registry of npm on this machine that has what `scripts/package.ts` makes, and nothing else. `env` has an empty HOME. */
export type Registry = { url: string; folder: string; env: Record<string, string>; stop(): Promise<void> };

/** What plays it; null where it is not installed. */
export const VERDACCIO = Bun.which("verdaccio") ?? orNull(join(ROOT, ".ci/tools/registry/node_modules/.bin/verdaccio"));
const MOST_MS = 60_000;

/** Packs, starts and publishes. For other machines there are stand-ins that say so: npm must not choose one of them. */
export async function openRegistry(): Promise<Registry> {
  if (VERDACCIO === null) throw new Error("Cannot play a registry: verdaccio is not installed");
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  const home = join(folder, "home");
  mkdirSync(home);
  const packages = pack(folder);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const config = { storage: join(folder, "storage"), packages: { "**": { access: "$all", publish: "$all" } } };
  const rest = { max_body_size: "400mb", log: { type: "file", path: join(folder, "registry.log"), level: "warn" } };
  writeFileSync(join(folder, "registry.json"), JSON.stringify({ ...config, ...rest, auth: {} }));
  const argv = [
    process.execPath,
    realpathSync(VERDACCIO),
    "-c",
    join(folder, "registry.json"),
    "-l",
    `127.0.0.1:${port}`,
  ];
  const env = environment(home, url);
  const server = Bun.spawn(argv, { cwd: folder, env, stdio: ["ignore", "ignore", "ignore"] });
  const stop = async () => {
    server.kill("SIGKILL");
    await server.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilUp(url);
    for (const at of packages) publish(at, env);
    return { url, folder, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pack(folder: string): string[] {
  const out = join(folder, "packages");
  const standIn = join(folder, "stand-in");
  writeFileSync(standIn, "#!/bin/sh\necho the wrong machine\nexit 99\n");
  chmodSync(standIn, 0o755);
  const own = ownTarget().name;
  const files = TARGETS.map(({ name }) => `--executable=${name}=${name === own ? executable(folder) : standIn}`);
  run([process.execPath, join(ROOT, "scripts/package.ts"), "--out", out, ...files], process.env);
  const scoped = readdirSync(join(out, "npm/@dgov")).map((name) => join(out, "npm/@dgov", name));
  return [...scoped, join(out, "npm/dgov")];
}

/** The one that the tests were given, or a new one. */
function executable(folder: string): string {
  const given = process.env.DGOV_TEST_BIN;
  if (given !== undefined) return given;
  const file = join(folder, "dgov");
  run([process.execPath, join(ROOT, "scripts/build.ts"), "--outfile", file], process.env);
  return file;
}

function publish(at: string, env: Record<string, string>): void {
  run(["npm", "publish", "--provenance=false", "--access=public", at], env);
}

/** No configuration of this machine's npm, and no registry but this one. */
function environment(home: string, url: string): Record<string, string> {
  writeFileSync(join(home, ".npmrc"), `registry=${url}\n//${new URL(url).host}/:_authToken=nobody\n`);
  const path = [dirname(process.execPath), ...(process.env.PATH ?? "").split(":")];
  const kept = path.filter((entry) => !entry.includes("node_modules/.bin") || entry === dirname(process.execPath));
  return {
    PATH: kept.join(":"),
    HOME: home,
    LANG: "C",
    npm_config_registry: url,
    npm_config_cache: join(home, ".npm"),
    npm_config_update_notifier: "false",
    BUN_INSTALL_CACHE_DIR: join(home, ".bun-cache"),
  };
}

function run(argv: readonly string[], env: Record<string, string | undefined>): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { env, cwd: ROOT, stdin: "ignore", timeout: 300_000 });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
}

/** Waits until a server answers, whatever it says. */
export async function untilUp(url: string, path = "-/ping"): Promise<void> {
  const until = performance.now() + MOST_MS;
  for (;;) {
    const up = await fetch(`${url}${path}`).then(
      () => true,
      () => false,
    );
    if (up) return;
    if (performance.now() > until) throw new Error(`${url} is not up after a minute`);
    await Bun.sleep(100);
  }
}

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? found(address.port) : failed(new Error("No port"))));
    });
  });
}

function orNull(path: string): string | null {
  return existsSync(path) ? path : null;
}
