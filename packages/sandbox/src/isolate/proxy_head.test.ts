import { expect, test } from "bun:test";
import { readHead } from "./proxy_head.ts";

const lines = (...all: string[]) => all.join("\r\n");

test("a tunnel is its host and port", () => {
  const asked = readHead(lines("CONNECT Pypi.org:443 HTTP/1.1", "Host: pypi.org:443", "Proxy-Connection: keep-alive"));
  expect(asked).toEqual({ kind: "tunnel", target: { host: "pypi.org", port: 443 } });
});

test("a request is sent on with the address's own host, and without what is between the client and us", () => {
  const asked = readHead(
    lines(
      "POST http://Example.org:8080/a/b?c=%20 HTTP/1.1",
      "Host: elsewhere.org",
      "Connection: close, X-Secret, Content-Length",
      "X-Secret: 1",
      "Proxy-Authorization: Basic eDp5",
      "Upgrade: websocket",
      "Accept: */*",
      "Content-Length: 5",
    ),
  );
  expect(asked).toEqual({
    kind: "request",
    target: { host: "example.org", port: 8080 },
    head: `${lines(
      "POST /a/b?c=%20 HTTP/1.1",
      "Host: example.org:8080",
      "Accept: */*",
      "Content-Length: 5",
      "Connection: close",
    )}\r\n\r\n`,
    body_bytes: 5,
  });
});

test.each([
  ["GET http://example.org HTTP/1.0", "GET / HTTP/1.1\r\nHost: example.org\r\n"],
  ["GET http://example.org?q HTTP/1.1", "GET /?q HTTP/1.1\r\nHost: example.org\r\n"],
  ["GET http://[fd00::7]:81/x HTTP/1.1", "GET /x HTTP/1.1\r\nHost: [fd00::7]:81\r\n"],
])("%s is sent on as %p", (first, start) => {
  const asked = readHead(first);
  expect(asked.kind === "request" && asked.head.startsWith(start)).toBe(true);
});

test.each([
  ["", 400],
  ["\0\0\0", 400],
  ["GET / HTTP/1.1", 400],
  ["GET https://example.org/ HTTP/1.1", 400],
  ["GET ftp://example.org/ HTTP/1.1", 400],
  ["GET http://user@example.org/ HTTP/1.1", 400],
  ["GET http://exa mple.org/ HTTP/1.1", 400],
  ["GET http://example.org\\@evil.org/ HTTP/1.1", 400],
  ["GET http://example.org/ HTTP/2.0", 400],
  ["PRI * HTTP/2.0", 400],
  ["CONNECT example.org HTTP/1.1", 400],
  ["CONNECT https://example.org:443 HTTP/1.1", 400],
  ["CONNECT example.org:443:443 HTTP/1.1", 400],
  [lines("GET http://example.org/ HTTP/1.1", "A: b\nHost: evil.org"), 400],
  [lines("GET http://example.org/ HTTP/1.1", "A: b", " folded"), 400],
  [lines("GET http://example.org/ HTTP/1.1", "Host : evil.org"), 400],
  [lines("GET http://example.org/ HTTP/1.1", "A: \0"), 400],
  [lines("POST http://example.org/ HTTP/1.1", "Content-Length: 5", "Content-Length: 6"), 400],
  [lines("POST http://example.org/ HTTP/1.1", "Content-Length: -1"), 400],
  [lines("POST http://example.org/ HTTP/1.1", "Content-Length: 0x5"), 400],
  [lines("POST http://example.org/ HTTP/1.1", "Transfer-Encoding: chunked"), 411],
] as const)("%p is refused with %p", (text, status) => {
  expect(readHead(text)).toMatchObject({ kind: "nonsense", status });
});
