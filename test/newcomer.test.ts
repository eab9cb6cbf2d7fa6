import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MOCK, newcomers, repliesOf } from "./newcomer.ts";
import { freePort, openRegistry, type Registry, untilUp, VERDACCIO } from "./registry.ts";
import { commitAll, git, makeRepository, type Place } from "./repo.ts";

setDefaultTimeout(300_000);

// The first hour of somebody who has nothing but git and npm: dgov comes from a registry, answers from a public mock of a provider.
describe.skipIf(VERDACCIO === null || MOCK === null)("a newcomer's hour", () => {
  let registry: Registry;
  let provider: { url: string; stop(): void };
  let dgov: string;
  const places: Place[] = [];

  beforeAll(async () => {
    registry = await openRegistry();
    provider = await startMock(registry.folder);
    const prefix = join(registry.folder, "prefix");
    const argv = ["npm", "install", "--global", `--prefix=${prefix}`, "dgov"];
    const { exitCode, stderr } = Bun.spawnSync(argv, { cwd: registry.folder, env: registry.env, stdin: "ignore" });
    if (exitCode !== 0) throw new Error(`npm install: ${stderr}`);
    dgov = join(prefix, "bin/dgov");
  });
  afterAll(async () => {
    provider?.stop();
    for (const place of places) place.stop();
    await registry?.stop();
  });

  test.each(newcomers)("$language: from init to a pull request", async ({ language, files, settings, made }) => {
    const place = makeRepository(files);
    places.push(place);
    const env = { ...place.env, PATH: registry.env.PATH!, MOCK_KEY: "none" };
    const runs = (...args: string[]) => {
      const { exitCode, stdout, stderr } = Bun.spawnSync([dgov, ...args], { cwd: place.root, env, stdin: "ignore" });
      return { exit: exitCode, out: stdout.toString(), err: stderr.toString() };
    };
    const data = (...args: string[]) => {
      const { exit, out, err } = runs(...args, "--json");
      if (exit !== 0) throw new Error(`dgov ${args.join(" ")} ended with ${exit}: ${out}${err}`);
      return JSON.parse(out);
    };

    expect(data("init").detected.type).toBe(language);
    configure(join(place.root, ".dgov/project.toml"), { ...settings, provider: "mock" }, provider.url);
    commitAll(place, "dgov");
    expect(runs("doctor")).toMatchObject({ exit: 0 });

    const plan = data("plan", "create", `Greet who comes (${language})`, "--auto", "--name", "greet").plan;
    expect(data("run", plan, "--yes").tasks).toMatchObject([{ state: "landed" }]);
    expect(readFileSync(join(place.root, made.path), "utf8")).toBe(made.text);
    expect(git(place, "log", "-1", "--format=%s").trim()).toBe("Greet who comes");

    const events = runs("watch", "--all", "--no-follow", "--json").out.trim().split("\n");
    expect(events.map((line) => JSON.parse(line).seq)).toEqual(events.map((_, at) => at + 1));
    expect(runs("status").out).toContain("1 landed");
    expect(data("plan", "review", plan)).toMatchObject({ deployed: 1, failed: 0 });
    expect(runs("plan", "review", plan).out).toContain("landed as");
    const pull = runs("pr", "--dry-run");
    expect(pull).toMatchObject({ exit: 0 });
    expect(pull.out).toContain("greet");
    await servedBy([dgov, "serve"], { cwd: place.root, env });
  });

  /** The page is there, and says what landed. */
  async function servedBy(argv: string[], { cwd, env }: { cwd: string; env: Record<string, string> }): Promise<void> {
    const server = Bun.spawn(argv, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    try {
      const address = await addressIn(server.stdout);
      const status = await (await fetch(new URL("/status", address))).json();
      expect(JSON.stringify(status)).toContain("landed");
      expect(await (await fetch(new URL("/", address))).text()).toContain("<title>");
    } finally {
      server.kill("SIGTERM");
      await server.exited;
    }
  }
});

/** The first address that a server prints. */
async function addressIn(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of stdout) {
    text += new TextDecoder().decode(part);
    const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(text) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`No address in: ${text}`);
}

/** What a newcomer writes into the file that init has made: the commands of this project, and a provider. */
function configure(path: string, settings: Readonly<Record<string, string>>, url: string): void {
  const text = Object.entries(settings).reduce(
    (toml, [key, value]) =>
      toml.replace(new RegExp(`^(# )?${key} = .*$`, "m"), () => `${key} = ${JSON.stringify(value)}`),
    readFileSync(path, "utf8"),
  );
  const table = `[providers.mock]\nbase_url = "${url}v1"\napi_key_env = "MOCK_KEY"\ndefault_agent = "mock-model"\n`;
  writeFileSync(path, `${text}\n${table}`);
}

async function startMock(folder: string): Promise<{ url: string; stop(): void }> {
  const replies = join(folder, "replies.json");
  writeFileSync(replies, JSON.stringify({ fixtures: newcomers.flatMap(repliesOf) }));
  const port = await freePort();
  const argv = [process.execPath, realpathSync(MOCK!), "--port", `${port}`, "--fixtures", replies, "--strict"];
  const server = Bun.spawn(argv, {
    cwd: folder,
    env: { PATH: process.env.PATH! },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const url = `http://127.0.0.1:${port}/`;
  await untilUp(url, "v1/models");
  return { url, stop: () => server.kill("SIGKILL") };
}
