import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { judgeHello } from "./proxy_hello.ts";

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const with8 = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const with16 = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]);
const nameOf = (name: string, kind = 0) => Buffer.concat([Buffer.from([kind]), with16(Buffer.from(name))]);
const extension = (kind: number, bytes: Buffer) => Buffer.concat([u16(kind), with16(bytes)]);
const names = (...all: string[]) => extension(0, with16(Buffer.concat(all.map((name) => nameOf(name)))));
const record = (bytes: Buffer, type = 22) => Buffer.concat([Buffer.from([type, 3, 1]), with16(bytes)]);

function message(extensions: Buffer[], kind = 1): Buffer {
  const parts = [
    u16(0x303),
    Buffer.alloc(32, 7),
    with8(Buffer.alloc(32)),
    with16(Buffer.alloc(4)),
    with8(Buffer.alloc(1)),
  ];
  const body = Buffer.concat([...parts, with16(Buffer.concat(extensions))]);
  return Buffer.concat([Buffer.from([kind, 0]), u16(body.length), body]);
}
const hello = (...extensions: Buffer[]) => record(message([extension(10, Buffer.alloc(8)), ...extensions]));

const HOST = { host: "pypi.org", port: 443 };
const OTHER_PORT = { host: "db.test", port: 5432 };
const PLAIN = Buffer.from("GET / HTTP/1.1\r\nHost: evil.org\r\n\r\n");

describe("the greeting in a tunnel", () => {
  test.each([
    ["for the host", HOST, hello(names("pypi.org"))],
    ["for the host in other letters", HOST, hello(names("PyPI.org."))],
    ["for the host, with more behind it", HOST, Buffer.concat([hello(names("pypi.org")), Buffer.from("more")])],
    [
      "in two records",
      HOST,
      Buffer.concat([
        record(message([names("pypi.org")]).subarray(0, 9)),
        record(message([names("pypi.org")]).subarray(9)),
      ]),
    ],
    ["to an address", { host: "10.0.0.7", port: 443 }, hello()],
    ["that is none, on a port of its own", OTHER_PORT, PLAIN],
    ["for the host, on a port of its own", OTHER_PORT, hello(names("db.test"))],
  ])("%s goes on", (_, target, bytes) => {
    expect(judgeHello(target, bytes)).toBe("fine");
  });

  test.each([
    ["for another host", HOST, hello(names("evil.org")), "names another host"],
    ["for one below it", HOST, hello(names("x.pypi.org")), "names another host"],
    ["for another host, on a port of its own", OTHER_PORT, hello(names("evil.org")), "names another host"],
    ["for nobody", HOST, hello(), "names no host"],
    ["for two", HOST, hello(names("pypi.org", "evil.org")), "names no host"],
    ["for two, apart", HOST, hello(names("pypi.org"), names("evil.org")), "names no host"],
    ["of another kind", HOST, hello(extension(0, with16(nameOf("pypi.org", 1)))), "names no host"],
    ["that is plain HTTP", HOST, PLAIN, "must be TLS"],
    ["that is plain HTTP on its own port", { host: "pypi.org", port: 80 }, PLAIN, "must be TLS"],
    ["that is a server's", HOST, record(message([names("pypi.org")], 2)), "names no host"],
    [
      "that is no handshake any more",
      HOST,
      Buffer.concat([record(Buffer.from([1])), record(Buffer.alloc(9), 23)]),
      "names no host",
    ],
    ["of an empty record", HOST, record(Buffer.alloc(0)), "names no host"],
    ["that is cut inside", HOST, record(Buffer.from([1, 0, 0, 5, 3, 3, 0, 0, 0])), "names no host"],
    ["of old TLS", HOST, Buffer.from([0x80, 0x2e, 1, 0, 2]), "must be TLS"],
  ])("%s does not", (_, target, bytes, why) => {
    expect(judgeHello(target, bytes)).toEqual({ why: expect.stringContaining(why) });
  });

  test("that has not come whole is waited for, whatever its pieces", () => {
    const whole = hello(names("pypi.org"));
    for (let length = 0; length < whole.length; length++)
      expect(judgeHello(HOST, whole.subarray(0, length))).toBe("more");
  });

  test("of any bytes is judged without a fault of ours", () => {
    const start = hello(names("pypi.org"));
    const flips = fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(flips, fc.uint8Array({ maxLength: 40 }), (changes, more) => {
        const bytes = Buffer.concat([start, more]);
        for (const [at, value] of changes) bytes[at] = value;
        judgeHello(HOST, bytes);
        judgeHello(HOST, Buffer.concat([Buffer.from([22]), more]));
      }),
      { numRuns: 5_000 },
    );
  });

  test("of a real client is understood", async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const server = createServer((socket) => socket.once("data", (bytes: Buffer) => resolve(bytes)));
    const { promise: listening, resolve: up } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", () => up());
    await listening;
    const at = server.address();
    const client = connectTls({
      host: "127.0.0.1",
      port: typeof at === "object" && at ? at.port : 0,
      servername: "pypi.org",
    });
    client.on("error", () => {}); // nobody answers it
    const bytes = await promise;
    client.destroy();
    server.close();
    expect(judgeHello(HOST, bytes)).toBe("fine");
    expect(judgeHello({ host: "other.org", port: 443 }, bytes)).toEqual({
      why: expect.stringContaining("another host"),
    });
  });
});
