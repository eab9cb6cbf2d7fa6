import { describe, expect, test } from "bun:test";
import { hostFault, isListedAddress, readHostRule, readHostRules, readTarget } from "./proxy_hosts.ts";

test.each([
  ["pypi.org", { kind: "name", host: "pypi.org", port: null }],
  ["PyPI.org.", { kind: "name", host: "pypi.org", port: null }],
  ["*.pythonhosted.org", { kind: "below", host: "pythonhosted.org", port: null }],
  ["*", { kind: "any", host: "", port: null }],
  ["*:8443", { kind: "any", host: "", port: 8443 }],
  ["localhost:3000", { kind: "name", host: "localhost", port: 3000 }],
  ["127.0.0.1:8080", { kind: "literal", host: "127.0.0.1", port: 8080 }],
  ["[::1]:80", { kind: "literal", host: "::1", port: 80 }],
  ["[0:0::1]", { kind: "literal", host: "::1", port: null }],
] as const)("%p is read", (text, rule) => {
  expect(readHostRule(text)).toEqual({ text, ...rule });
});

test.each([
  ...["", " ", "a b", "http://pypi.org", "pypi.org/x", "pypi.org:", "pypi.org:0", "pypi.org:65536", "pypi.org:80:80"],
  ...["*.*", "*.", "**", "a.*.org", "*pypi.org", "user@pypi.org", "-a.org", "a..org", "::1", "[::1", "*.127.0.0.1"],
  ...["1.2.3.400", "a\nb", "a%2eb", "ü.de", `${"a".repeat(254)}`],
])("%p is no host", (text) => {
  expect(readHostRule(text)).toBeNull();
  expect(() => readHostRules(["pypi.org", text])).toThrow("Cannot open the host");
});

const RULES = readHostRules([
  "pypi.org",
  "*.pythonhosted.org",
  "db.example.org:5432",
  "10.0.0.7:8080",
  "[fd00::7]:443",
]);

describe("a target", () => {
  test.each([
    "pypi.org:443",
    "pypi.org:80",
    "PYPI.ORG:443",
    "pypi.org.:443",
    "files.pythonhosted.org:443",
    "a.b.pythonhosted.org:443",
    "db.example.org:5432",
    "10.0.0.7:8080",
    "10.7:8080", // another way to write it
    "[fd00::7]:443",
    "[fd00:0:0::7]:443",
  ])("%s may be reached", (authority) => {
    expect(hostFault(RULES, readTarget(authority, null)!)).toBeNull();
  });

  test.each([
    ["example.org:443", "not among the hosts"],
    ["pypi.org.evil.org:443", "not among the hosts"],
    ["evilpypi.org:443", "not among the hosts"],
    ["www.pypi.org:443", "not among the hosts"],
    ["pythonhosted.org:443", "not among the hosts"],
    ["xpythonhosted.org:443", "not among the hosts"],
    ["pypi.org:22", "port 22 of pypi.org is not open"],
    ["pypi.org:8080", "port 8080 of pypi.org is not open"],
    ["db.example.org:443", "port 443 of db.example.org is not open"],
    ["10.0.0.7:80", "port 80 of 10.0.0.7 is not open"],
    ["10.0.0.8:8080", "the address 10.0.0.8 is not among the hosts"],
    ["2130706433:80", "the address 127.0.0.1 is not among the hosts"],
    ["0x7f.1:80", "the address 127.0.0.1 is not among the hosts"],
    ["[::ffff:10.0.0.7]:8080", "not among the hosts"],
  ])("%s may not: %s", (authority, why) => {
    expect(hostFault(RULES, readTarget(authority, null)!)).toContain(why);
  });

  test.each([
    "",
    ":80",
    "pypi.org",
    "pypi.org:x",
    "pypi.org:99999",
    "a b:80",
    "a@b:80",
    "[::1:80",
    "a\0b:80",
    "%61:80",
  ])("%p is none", (authority) => {
    expect(readTarget(authority, null)).toBeNull();
  });
});

test("the star is every name on the ports of the web, and no address", () => {
  const any = readHostRules(["*"]);
  expect(hostFault(any, { host: "example.org", port: 443 })).toBeNull();
  expect(hostFault(any, { host: "example.org", port: 25 })).toContain("port 25");
  expect(hostFault(any, { host: "1.1.1.1", port: 443 })).toContain("the address 1.1.1.1");
  expect(hostFault(any, { host: "::1", port: 443 })).toContain("the address ::1");
  expect(isListedAddress(any, { host: "10.0.0.7", port: 443 })).toBe(false);
});

test("a refusal names the hosts there are, but not hundreds of them", () => {
  const many = readHostRules(Array.from({ length: 200 }, (_, at) => `h${at}.test`));
  expect(hostFault(many, { host: "x.test", port: 443 })).toEndWith(
    ": h0.test, h1.test, h2.test, h3.test, h4.test, h5.test, h6.test, h7.test, h8.test, h9.test, h10.test, h11.test, and 188 more",
  );
  expect(hostFault(RULES, { host: "x.test", port: 443 })).toEndWith("[fd00::7]:443");
});

test("an address counts as listed on its own port alone", () => {
  expect(isListedAddress(RULES, { host: "10.0.0.7", port: 8080 })).toBe(true);
  expect(isListedAddress(RULES, { host: "10.0.0.7", port: 80 })).toBe(false);
  expect(isListedAddress(RULES, { host: "fd00:0::7", port: 443 })).toBe(true);
  expect(isListedAddress(RULES, { host: "10.0.0.8", port: 8080 })).toBe(false);
});
