import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import type { ProxyLimits } from "../limits.ts";
import { type HostProxy, LENT, type Lend, openProxy, type Resolve } from "./proxy.ts";

setDefaultTimeout(60_000);

/** The internet of these tests: a server that tells what it was asked, on this machine's own loopback. */
const web = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/large") return new Response(new Uint8Array(3_000_000));
    if (pathname === "/trickle") return new Response(trickle());
    if (pathname === "/slow") await Bun.sleep(1_000);
    const host = request.headers.get("host");
    return new Response(`${request.method} ${pathname} ${host} ${(await request.text()).length}`);
  },
});

/** Longer than the limit of the test, with never so long a pause. */
async function* trickle(): AsyncGenerator<string> {
  for (let n = 0; n < 8; n++) {
    await Bun.sleep(250);
    yield `${n}`;
  }
}

const PORT = web.port ?? 0;
const HERE = `127.0.0.1:${PORT}`;
const LISTED = [HERE, `web.test:${PORT}`, "pypi.org", `*.cdn.test:${PORT}`];
const home: Resolve = async () => ["127.0.0.1"];

const open: HostProxy[] = [];
afterEach(() => Promise.all(open.splice(0).map((proxy) => proxy.close())));
afterAll(() => web.stop(true));

type Options = { hosts?: readonly string[]; resolve?: Resolve; limits?: Partial<ProxyLimits>; lend?: Lend };

async function start({ hosts = LISTED, resolve = home, limits = {}, lend }: Options = {}): Promise<HostProxy> {
  const proxy = await openProxy({ fd: null, hosts, resolve, limits, lend });
  open.push(proxy);
  return proxy;
}

/** Sends bytes as they are and reads to the end. `hold`: does not end its own side. */
async function send(port: number, bytes: string | Uint8Array, hold = false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const parts: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => parts.push(chunk));
  socket.on("end", () => socket.end());
  socket.on("error", () => resolve()); // a connection that is cut is one of the right answers
  socket.on("close", () => resolve());
  socket.write(bytes);
  if (!hold) socket.end();
  await promise;
  return Buffer.concat(parts).toString("latin1");
}

const CRLF = "\r\n";
const get = (url: string) => `GET ${url} HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`;
const tunnel = (to: string, then: string) => `CONNECT ${to} HTTP/1.1${CRLF}${CRLF}${then}`;
const plain = (path: string) => `GET ${path} HTTP/1.1${CRLF}Host: inner${CRLF}Connection: close${CRLF}${CRLF}`;

test("a listed host is reached, plainly and through a tunnel, and nothing is noted", async () => {
  const { port, refusals } = await start();
  expect(await send(port, get(`http://web.test:${PORT}/a`), true)).toEndWith(`GET /a web.test:${PORT} 0`);
  expect(await send(port, get(`http://${HERE}/b`), true)).toEndWith(`GET /b ${HERE} 0`);
  expect(await send(port, get(`http://x.cdn.test:${PORT}/`), true)).toEndWith(`GET / x.cdn.test:${PORT} 0`);
  const said = await send(port, tunnel(`WEB.test.:${PORT}`, plain("/c")), true);
  expect(said).toStartWith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n");
  expect(said).toEndWith("GET /c inner 0");
  const post = `POST http://${HERE}/d HTTP/1.1${CRLF}Content-Length: 5${CRLF}${CRLF}hello`;
  expect(await send(port, post, true)).toEndWith(`POST /d ${HERE} 5`);
  expect(refusals()).toEqual([]);
});

test.each([
  ["another name", get("http://example.org/"), "example.org is not among the hosts of this task: "],
  ["another name, by a tunnel", tunnel("example.org:443", ""), "example.org is not among the hosts of this task: "],
  ["another port", tunnel(`pypi.org:${PORT}`, ""), `port ${PORT} of pypi.org is not open`],
  ["mail", tunnel("pypi.org:25", ""), "port 25 of pypi.org is not open"],
  ["the star's own host", get(`http://cdn.test:${PORT}/`), "cdn.test is not among the hosts"],
  ["an address in version 6", tunnel(`[::1]:${PORT}`, ""), "the address ::1 is not among the hosts"],
  ["an address in disguise", tunnel(`[::ffff:127.0.0.1]:${PORT}`, ""), "the address ::ffff:7f00:1 is not among"],
  ["an address as a number", get("http://2852039166/latest/meta-data"), "the address 169.254.169.254 is not among"],
  ["a name that leads to this machine", get("http://pypi.org/"), "pypi.org leads to 127.0.0.1, which is this machine"],
])("%s is refused in words", async (_, bytes, why) => {
  const { port, refusals } = await start();
  const said = await send(port, bytes);
  expect(said).toStartWith("HTTP/1.1 403 CONFINED: ");
  expect(said.split(CRLF)[0]).toContain(why);
  expect(refusals()).toEqual([expect.stringContaining(why)]);
  expect(refusals()).toEqual([]);
});

test("an address that is not public is refused behind a listed name, also the machine's own and a mixed lot", async () => {
  const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  const bad = [
    "169.254.169.254",
    "10.0.0.1",
    "100.64.0.1",
    "::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    ...own,
  ];
  const answers = { addresses: [] as string[] };
  const { port } = await start({ resolve: async () => answers.addresses });
  for (const address of bad) {
    answers.addresses = [address];
    expect(await send(port, tunnel("pypi.org:443", ""))).toStartWith(
      `HTTP/1.1 403 CONFINED: pypi.org leads to ${address}`,
    );
  }
  for (const address of own) {
    answers.addresses = [address];
    expect(await send(port, tunnel("pypi.org:443", ""))).toContain("this machine's own address");
  }
  answers.addresses = bad;
  expect(await send(port, tunnel("pypi.org:443", ""))).toStartWith("HTTP/1.1 403 CONFINED: pypi.org leads to ");
});

test("a name is asked for once, and the judged address is the one that is reached", async () => {
  const asked: string[] = [];
  const { port } = await start({
    resolve: async (host) => {
      asked.push(host);
      return asked.length === 1 ? ["127.0.0.1"] : ["10.255.255.1"]; // the second answer is the one that would harm
    },
  });
  expect(await send(port, get(`http://web.test:${PORT}/once`), true)).toContain("GET /once");
  expect(asked).toEqual(["web.test"]);
  expect(await send(port, get(`http://web.test:${PORT}/twice`), true)).toStartWith(
    "HTTP/1.1 403 CONFINED: web.test leads to",
  );
});

test("an address that does not answer is passed over for the next, and a name without one is told", async () => {
  const closed = `127.0.0.2:${PORT}`;
  const hosts = [...LISTED, closed];
  const { port } = await start({ hosts, resolve: async () => ["10.0.0.1", "127.0.0.2", "127.0.0.1"] });
  expect(await send(port, get(`http://web.test:${PORT}/next`), true)).toContain("GET /next");
  const none = await start({ resolve: async () => [] });
  expect(await send(none.port, get("http://pypi.org/"))).toStartWith("HTTP/1.1 502 PROXY: pypi.org cannot be resolved");
  const fails = await start({ resolve: () => Promise.reject(new Error("no such name")) });
  expect(await send(fails.port, get("http://pypi.org/"))).toContain("no such name");
  const silent = await start({ resolve: () => new Promise(() => {}), limits: { resolve_ms: 50 } });
  expect(await send(silent.port, get("http://pypi.org/"))).toContain("name servers do not answer");
  expect(await send(port, get(`http://${closed}/`))).toStartWith("HTTP/1.1 502 PROXY: 127.0.0.2 does not answer");
});

test("what follows the one request of a connection reaches nobody", async () => {
  const heard: string[] = [];
  const raw = createServer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      heard.push(chunk.toString("latin1"));
      if (heard.join("").includes(CRLF + CRLF)) socket.end("HTTP/1.0 204 No\r\n\r\n");
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  raw.listen(0, "127.0.0.1", () => resolve());
  await promise;
  const at = raw.address();
  const there = `127.0.0.1:${typeof at === "object" && at ? at.port : 0}`;
  const { port } = await start({ hosts: [there] });
  await send(port, `${get(`http://${there}/first`)}${get("http://evil.org/second")}`);
  expect(await send(port, get(`http://${there}/third`), true)).toContain("204");
  expect(heard.join("")).not.toContain("second");
  expect(heard.join("")).toContain("GET /third");
  raw.close();
});

test("a large answer comes whole, and one beyond what the task may move is cut", async () => {
  const { port } = await start();
  expect((await send(port, get(`http://${HERE}/large`), true)).length).toBeGreaterThan(3_000_000);
  const small = await start({ limits: { bytes_max: 1_000_000 } });
  expect((await send(small.port, get(`http://${HERE}/large`), true)).length).toBeLessThan(1_000_001);
});

test("nothing waits for ever: not for a request, not for a silent tunnel", async () => {
  const { port } = await start({ limits: { head_ms: 100, idle_ms: 200, head_bytes: 1_000 } });
  expect(await send(port, "GET http://", true)).toStartWith("HTTP/1.1 431");
  expect(await send(port, `GET http://${HERE}/ HTTP/1.1${CRLF}A: ${"b".repeat(2_000)}`, true)).toStartWith(
    "HTTP/1.1 431",
  );
  expect(await send(port, tunnel(HERE, ""), true)).toBe("HTTP/1.1 200 Connection established\r\n\r\n");
  expect(await send(port, get(`http://${HERE}/slow`), true)).not.toContain("GET /slow");
});

test("what moves is not cut, however long it takes", async () => {
  const { port } = await start({ limits: { idle_ms: 1_500 } });
  expect(await send(port, get(`http://${HERE}/trickle`), true)).toContain("7");
});

test("more connections than may be are cut, and when some have ended there is room again", async () => {
  const { port } = await start({ limits: { connections_max: 4 } });
  const held = await Promise.all(
    Array.from({ length: 4 }, () => {
      const { promise, resolve } = Promise.withResolvers<ReturnType<typeof connect>>();
      const socket = connect({ host: "127.0.0.1", port }, () => resolve(socket));
      return promise;
    }),
  );
  await Bun.sleep(50); // until they have come in
  expect(await send(port, get(`http://${HERE}/`), true)).toBe("");
  for (const socket of held) socket.destroy();
  for (let tries = 0; ; tries++) {
    if ((await send(port, get(`http://${HERE}/room`), true)).includes("GET /room")) break;
    if (tries > 100) throw new Error("There is no room again");
    await Bun.sleep(20);
  }
});

test("what is refused is told each once, and not without end", async () => {
  const { port, refusals } = await start({ limits: { refusals_max: 3 } });
  for (let n = 0; n < 8; n++) await send(port, get(`http://host${n % 5}.test/`));
  expect(refusals()).toHaveLength(3);
});

test("garbage ends its own connection and nothing else", async () => {
  const { port } = await start();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.constantFrom("CONNECT ", "GET ", "GET http://", "\x05\x01\x00", ""), fc.string({ unit: "binary" }))
      .map(([start, rest]) => Buffer.from(`${start}${rest}${CRLF}${CRLF}`)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      const said = await send(port, sent);
      expect(said === "" || /^HTTP\/1\.1 (400|403|411|431) (CONFINED|PROXY): /.test(said)).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(await send(port, get(`http://${HERE}/after`), true)).toContain("GET /after");
});

test("a closed proxy ends its connections and listens no more", async () => {
  const proxy = await start();
  const waiting = send(proxy.port, get(`http://${HERE}/slow`), true);
  await Bun.sleep(100);
  await proxy.close();
  expect(await waiting).toBe("");
  expect(await send(proxy.port, get(`http://${HERE}/`))).toBe("");
});

test("a list that cannot be read opens nothing", async () => {
  await expect(openProxy({ fd: null, hosts: ["pypi.org", "http://x"] })).rejects.toThrow(
    'Cannot open the host "http://x"',
  );
});

test("what is lent is behind one name and port, with what came at once; without a lender, and beside it, nothing is", async () => {
  const at = `${LENT.host}:${LENT.port}`;
  const { port } = await start({ hosts: [], lend: (connection, early) => connection.end(`heard ${early}`) });
  expect(await send(port, tunnel(at, "this"), true)).toEndWith(`${CRLF}${CRLF}heard this`);
  for (const other of [`${LENT.host}:2`, `x.${LENT.host}:1`, HERE])
    expect(await send(port, tunnel(other, "this"), true)).toStartWith("HTTP/1.1 403 ");
  expect(await send(port, get(`http://${at}/`), true)).toStartWith("HTTP/1.1 403 ");
  const bare = await start({ hosts: [] });
  expect(await send(bare.port, tunnel(at, "this"), true)).toStartWith("HTTP/1.1 403 ");
});
