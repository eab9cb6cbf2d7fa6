import { expect, test } from "bun:test";
import { refuseChange, refuseStranger } from "./guard.ts";

const TOKEN = "secret-token";

test.each<[name: string, headers: Record<string, string>, want: number | null]>([
  ["our own address", { host: "127.0.0.1:80" }, null],
  ["our own name", { host: "localhost:80", origin: "http://localhost:80" }, null],
  ["our own name in capitals", { host: "LOCALHOST:80" }, null],
  ["the other loopback", { host: "[::1]:80" }, null],
  ["a name that a stranger's DNS points here", { host: "evil.example:80" }, 421],
  ["a name that ends as ours", { host: "evil.localhost:80" }, 421],
  ["a name that begins as ours", { host: "127.0.0.1.evil.example:80" }, 421],
  ["another port", { host: "127.0.0.1:81" }, 421],
  ["no name", {}, 421],
  ["another page", { host: "127.0.0.1:80", origin: "https://evil.example" }, 403],
  ["a page of a file", { host: "127.0.0.1:80", origin: "null" }, 403],
  ["a page on another port", { host: "127.0.0.1:80", origin: "http://127.0.0.1:81" }, 403],
])("I3 who asks is %s", (_name, headers, want) => {
  expect(refuseStranger(new Headers(headers), 80)?.status ?? null).toBe(want as never);
});

test.each<[name: string, headers: Record<string, string>, want: number | null]>([
  ["the token", { authorization: `Bearer ${TOKEN}`, "content-type": "application/json; charset=utf-8" }, null],
  ["no token", { "content-type": "application/json" }, 401],
  ["another token", { authorization: "Bearer secret-tokem", "content-type": "application/json" }, 401],
  ["a part of it", { authorization: "Bearer secret", "content-type": "application/json" }, 401],
  ["an empty one", { authorization: "Bearer ", "content-type": "application/json" }, 401],
  ["another scheme", { authorization: `Basic ${TOKEN}`, "content-type": "application/json" }, 401],
  ["a form", { authorization: `Bearer ${TOKEN}`, "content-type": "application/x-www-form-urlencoded" }, 415],
  ["a type that a page may send unasked", { authorization: `Bearer ${TOKEN}`, "content-type": "text/plain" }, 415],
])("I3 who changes has %s", (_name, headers, want) => {
  const request = new Request("http://127.0.0.1/steer", { method: "POST", headers });
  expect(refuseChange(request, TOKEN)?.status ?? null).toBe(want as never);
});
