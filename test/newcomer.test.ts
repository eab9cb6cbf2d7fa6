import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyGoCache } from "../packages/governor/src/testing/go_cache.ts";
import { BROWSER, openPage } from "./browser.ts";
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

  for (const { language, needs } of newcomers)
    for (const program of needs.filter((name) => Bun.which(name) === null))
      test.skip(`${language}: its gates need ${program}`, () => {});
  if (BROWSER === null) test.skip("the page of a run, in a browser that is not installed", () => {});
  const here = newcomers.filter(({ needs }) => needs.every((name) => Bun.which(name) !== null));

  test.each(here)(
    "$language: from init to a pull request",
    async ({ language, files, settings, made, builds = false }) => {
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

      // As if the repository had had a run before: what Go's own packages come to is kept, and this run keeps it anew.
      const kept = join(place.folder, ".dgov-worktrees-repo/cache/go");
      if (builds) copyGoCache(kept);
      rmSync(join(kept, "testexpire.txt"), { force: true });

      const plan = data("plan", "create", `Greet who comes (${language})`, "--auto", "--name", "greet").plan;
      expect(data("run", plan, "--yes").tasks).toMatchObject([{ state: "landed" }]);
      for (const [path, text] of Object.entries(made)) expect(readFileSync(join(place.root, path), "utf8")).toBe(text);
      expect(git(place, "log", "-1", "--format=%s").trim()).toBe("Greet who comes");
      if (builds) expect(existsSync(join(kept, "testexpire.txt"))).toBe(true);

      const events = runs("watch", "--all", "--no-follow", "--json").out.trim().split("\n");
      expect(events.map((line) => JSON.parse(line).seq)).toEqual(events.map((_, at) => at + 1));
      expect(events.map((line) => JSON.parse(line))).toContainEqual(
        expect.objectContaining({ kind: "gate_judged", gate: "tests", verdict: "pass" }),
      );
      expect(runs("status").out).toContain("1 landed");
      expect(data("plan", "review", plan)).toMatchObject({ deployed: 1, failed: 0 });
      expect(runs("plan", "review", plan).out).toContain("landed as");
      const pull = runs("pr", "--dry-run");
      expect(pull).toMatchObject({ exit: 0 });
      expect(pull.out).toContain("greet");
      await servedBy([dgov, "serve"], { cwd: place.root, env });
    },
  );

  /** The page is there, and says what landed. */
  async function servedBy(argv: string[], { cwd, env }: { cwd: string; env: Record<string, string> }): Promise<void> {
    const server = Bun.spawn(argv, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    try {
      const address = await addressIn(server.stdout);
      const status = await (await fetch(new URL("/status", address))).json();
      expect(JSON.stringify(status)).toContain("landed");
      if (BROWSER !== null) await seenAt(address);
    } finally {
      server.kill("SIGTERM");
      await server.exited;
    }
  }

  /** What a person sees who opens the address: that it landed, that nothing needs them, and the work itself. */
  async function seenAt(address: string): Promise<void> {
    const { page, wrong, stop } = await openPage();
    try {
      await page.goto(address);
      await page.getByRole("heading", { name: "Plan greet" }).waitFor();
      await page.getByText("Nothing needs you.").waitFor();
      expect(await page.locator("#live header").textContent()).toContain("1 of 1 landed on main");
      expect(await page.locator(".dag .box").count()).toBe(1);
      await page.locator("details[data-unit] > summary").click();
      await page.locator("details[data-unit] .body", { hasText: "Landed as" }).waitFor();
      expect(await page.locator("button[data-verb]:enabled").count()).toBe(0);
      expect(wrong).toEqual([]);
    } finally {
      await stop();
    }
  }
});

/** The first address that a server prints. */
async function addressIn(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of stdout) {
    text += new TextDecoder().decode(part);
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/\S*(?=\s)/.exec(text) ?? [];
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
