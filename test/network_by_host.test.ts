import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createIsolationMaker,
  type ExecResult,
  type Isolation,
  type Level,
  toolEnvironment,
} from "../packages/sandbox/src/index.ts";
import { hostsFault } from "../packages/sandbox/src/network.ts";
import { testCertificate } from "./certificate.ts";
import { LAB_LIMITS } from "./lab.ts";

setDefaultTimeout(120_000);

// The internet of these tests is this machine's own loopback: names lead there by our resolver, and the addresses are
// listed, since a private one is refused otherwise.
const tls = testCertificate("secure.test");
const answer = (request: Request) => {
  if (request.url.includes("/info/refs")) return new Response(`${"1".repeat(40)}\trefs/heads/main\n`); // as git asks
  return new Response(`${request.method} ${request.headers.get("host")}`);
};
const plain = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
const secure = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer, tls });
const [HTTP, HTTPS] = [plain.port ?? 0, secure.port ?? 0];
const HOSTS = [`web.test:${HTTP}`, `secure.test:${HTTPS}`, `127.0.0.1:${HTTP}`, `127.0.0.1:${HTTPS}`, "rebound.test"];

const SERVE = join(import.meta.dir, "../packages/sandbox/src/serve.ts");
const maker = createIsolationMaker({
  self: [process.execPath, SERVE],
  now_ms: () => performance.now(),
  resolve: async (name) => (name === "rebound.test" ? ["169.254.169.254"] : ["127.0.0.1"]),
});
const levels = (await maker.probe()).filter(({ level, available }) => available && level !== "wasm");
const able = levels.map(({ level }) => level).filter((level) => hostsFault(level) === null);
const unable = levels.map(({ level }) => level).filter((level) => hostsFault(level) !== null);

const place = realpathSync(mkdtempSync(join(tmpdir(), "dgov-network-")));
afterAll(async () => {
  rmSync(place, { recursive: true, force: true });
  await Promise.all([plain.stop(true), secure.stop(true)]);
});

async function open(level: Level, hosts: readonly string[]): Promise<Isolation> {
  const own = mkdtempSync(join(place, "one-"));
  const [root, tmp] = [join(own, "root"), join(own, "tmp")];
  for (const folder of [root, tmp]) mkdirSync(folder);
  writeFileSync(join(root, "ca.pem"), tls.cert);
  const env = toolEnvironment({ tmp, inherited: process.env, real_home: null });
  const shared = { git_dir: null, read: "all", limits: LAB_LIMITS, scope: null } as const;
  return maker.start(level, { ...shared, root, tmp, write: "all", network: { hosts }, env });
}

const run = (isolation: Isolation, command: string): Promise<ExecResult> =>
  isolation.exec({ command, timeout_ms: 60_000, output_max_bytes: 1_000_000, clip_bytes: 20_000 });

const has = (program: string) => Bun.which(program) !== null;
const fetchJs = (url: string) => `const r = await fetch("${url}"); console.log(r.status, await r.text())`;
const openPy = (url: string) => `import urllib.request as u; print(u.urlopen("${url}", timeout=20).read().decode())`;
const udpPy = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes.fromhex("1234010000010000000000000161046e6f6e650000010001"), ("8.8.8.8", 53))
print("went out")`;

describe.each(able)("%s", (level) => {
  const jail = {} as { isolation: Isolation };
  beforeAll(async () => {
    jail.isolation = await open(level, HOSTS);
  });
  afterAll(() => jail.isolation.stop());

  const programs: [name: string, program: string, command: string][] = [
    ["curl, plainly", "curl", `curl -sS http://web.test:${HTTP}/`],
    ["curl, by a tunnel", "curl", `curl -sS -p http://web.test:${HTTP}/`],
    ["curl, over TLS", "curl", `curl -sS --cacert ca.pem https://secure.test:${HTTPS}/`],
    ["curl, by a listed address", "curl", `curl -sS http://127.0.0.1:${HTTP}/`],
    ["python", "python3", `python3 -c '${openPy(`http://web.test:${HTTP}/`)}'`],
    ["python, over TLS", "python3", `SSL_CERT_FILE=ca.pem python3 -c '${openPy(`https://secure.test:${HTTPS}/`)}'`],
    ["bun", "bun", `bun -e '${fetchJs(`http://web.test:${HTTP}/`)}'`],
    ["bun, over TLS", "bun", `NODE_EXTRA_CA_CERTS=ca.pem bun -e '${fetchJs(`https://secure.test:${HTTPS}/`)}'`],
    ["git", "git", `git ls-remote http://web.test:${HTTP}/x.git`],
  ];
  for (const [name, program, command] of programs)
    test.if(has(program))(`a listed host is reached by ${name}`, async () => {
      const { head, exit, refused_hosts } = await run(jail.isolation, command);
      expect({ said: head.trim(), exit, refused_hosts }).toEqual({
        said: expect.stringMatching(/GET (web|secure)\.test:|GET 127\.0\.0\.1:|refs\/heads\/main$/),
        exit: 0,
        refused_hosts: undefined,
      });
    });

  test.each([
    ["an unlisted name", "curl -sS http://example.org/", "example.org is not among the hosts of this task"],
    ["an unlisted name over TLS", "curl -sS https://example.org/", "example.org is not among the hosts of this task"],
    ["another port", `curl -sS https://web.test:${HTTPS}/`, `port ${HTTPS} of web.test is not open`],
    ["a listed name that leads to metadata", "curl -sS http://rebound.test/", "which is a link-local address"],
    [
      "another site behind a listed one",
      `curl -sS -k --connect-to front.test:443:secure.test:${HTTPS} https://front.test/`,
      "the TLS greeting in a tunnel to secure.test names another host",
    ],
    ["an address", "curl -sS http://169.254.169.254/", "the address 169.254.169.254 is not among the hosts"],
    ["an address of version 6", "curl -sS -g 'http://[::ffff:127.0.0.1]/'", "::ffff:7f00:1 is not among the hosts"],
  ])("%s is refused, and the worker hears why", async (_, command, why) => {
    const { head, refused_hosts } = await run(jail.isolation, command);
    expect(refused_hosts).toEqual([expect.stringMatching(/^CONFINED: /)]);
    expect(refused_hosts?.[0]).toContain(why);
    expect(head).not.toContain("GET");
  });

  test.each([
    ["straight to a listed address", `curl -sS -m 5 --noproxy '*' http://127.0.0.1:${HTTP}/`],
    ["straight to a public address", "curl -sS -m 5 --noproxy '*' http://1.1.1.1/"],
    ["straight to a public address of version 6", "curl -sS -m 5 -g --noproxy '*' 'http://[2606:4700:4700::1111]/'"],
    ["by a name server", "curl -sS -m 10 --noproxy '*' http://example.org/"],
    ["with datagrams", `python3 -c '${udpPy}'`],
    ["with a network of its own making", "unshare -n true || unshare -rn true"],
    ["with another's network", `nsenter -t ${process.pid} -n true`],
    ["by a local socket", `python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("\\0x")'`],
  ])("nothing leaves %s", async (_, command) => {
    const { exit, head } = await run(jail.isolation, command);
    expect(exit).not.toBe(0);
    expect(head).not.toContain("GET");
    expect(head).not.toContain("went out");
  });

  test.each([
    ["pypi.org", "127.0.0.1"],
    ["localhost", "localhost"],
  ])("with %s a program inside serves another one inside, past the proxy", async (listed, host) => {
    const serve = `bun -e 'Bun.serve({ port: 5123, hostname: "127.0.0.1", fetch: () => new Response("inner") })'`;
    const other = await open(level, [listed]);
    try {
      expect((await run(other, `curl -sS -m 5 http://${host}:${HTTP}/`)).head).not.toContain("GET"); // the machine's own
      const asks = `curl -s --retry 20 --retry-delay 1 --retry-connrefused http://${host}:5123/`;
      const { head, exit } = await run(other, `${serve} & ${asks}`);
      expect({ head: head.trim(), exit }).toEqual({ head: "inner", exit: 0 });
    } finally {
      await other.stop();
    }
  });

  test("two jails share nothing: neither port nor list", async () => {
    const other = await open(level, [`127.0.0.1:${HTTP}`]);
    try {
      const ask = `curl -sS http://web.test:${HTTP}/`;
      const [here, there] = await Promise.all([run(jail.isolation, ask), run(other, ask)]);
      expect(here.head).toContain("GET web.test");
      expect(there.refused_hosts).toEqual([expect.stringContaining("web.test is not among the hosts")]);
    } finally {
      await other.stop();
    }
  });

  test("when it stops, nothing of it is left here", async () => {
    const descriptors = () => readdirSync("/proc/self/fd").length;
    await (await open(level, HOSTS)).stop(); // what is opened once a process
    const before = descriptors();
    for (let n = 0; n < 3; n++) {
      const isolation = await open(level, HOSTS);
      await run(isolation, `curl -sS http://web.test:${HTTP}/`);
      await isolation.stop();
    }
    // One of each of the three would be three; the servers of this test have theirs, which come and go.
    for (let tries = 0; descriptors() > before + 2 && tries < 300; tries++) await Bun.sleep(100);
    expect(descriptors()).toBeLessThanOrEqual(before + 2);
  });
});

test("there is a level to try this at", () => {
  expect(levels).not.toEqual([]);
});

test("a list that cannot be read starts nothing", async () => {
  for (const level of able) await expect(open(level, ["http://pypi.org"])).rejects.toThrow("Cannot open the host");
});

for (const level of unable)
  test(`${level} cannot tell hosts apart here, and says so`, async () => {
    await expect(open(level, HOSTS)).rejects.toThrow(/Cannot open the network by host: .*Install bubblewrap/);
  });
