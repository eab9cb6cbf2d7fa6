import { afterAll, expect, test } from "bun:test";
import { claims, openLab } from "../../../test/lab.ts";
import { runTool } from "./registry.ts";
import { couldBeSecret, isKeptSecret, isSecretFile } from "./secret_file.ts";

test.each([
  ".env",
  "api/.ENV",
  ".env.local",
  ".envrc",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".pgpass",
  ".git-credentials",
  "deploy/id_rsa",
  "id_ed25519",
  "id_ecdsa_sk",
  "certs/server.PEM",
  "tls.key",
  "a.p12",
  "store.jks",
  "credentials",
  "credentials.json",
  "service-account-prod.json",
  "kubeconfig",
  "home/.kube/config",
  ".aws/config",
  ".docker/config.json",
  ".ssh/known_hosts",
  "infra/terraform.tfstate",
])("%s may hold secrets", (path) => {
  expect(isSecretFile(path)).toBe(true);
  expect(isKeptSecret({ read: [], write: claims("src/") }, path)).toBe(true);
  expect(isKeptSecret({ read: claims(path), write: [] }, path)).toBe(false);
});

test.each([
  ".env.example",
  ".env.sample",
  "src/environment.py",
  "env",
  "id_rsa.pub",
  "key.py",
  "keys.json",
  "monkey",
  "pem.md",
  "src/credentials.py",
  "config.json",
  "kube/config",
  "src/token.ts",
  "package.json",
])("%s is an ordinary file", (path) => {
  expect(isSecretFile(path)).toBe(false);
});

test("a folder or a pattern that covers a secret is no claim on it", () => {
  expect(isKeptSecret({ read: claims("config/", "**"), write: [] }, "config/.env")).toBe(true);
});

test.each([
  [".en?", true],
  [".e*", true],
  ["config/.env*", true],
  ["id_*", true],
  [".n[e]trc", true],
  ["*.py", false],
  ["*", false],
  ["src/*", false],
  [".github/*", false],
  ["*.json", false],
])("a pattern that is meant for a secret: %s %p", (pattern, meant) => {
  expect(couldBeSecret(pattern)).toBe(meant);
});

const lab = await openLab({ files: { "src/app.py": "KEY = 1\n", "tls.key": "KEY old\n", "named.key": "KEY named\n" } });
afterAll(() => lab.remove());

test("no tool that looks at many files shows a secret one", async () => {
  await Bun.write(`${lab.root}/.env`, "KEY=fresh\n");
  await Bun.write(`${lab.root}/tls.key`, "KEY changed\n");
  for (const [tool, input] of [
    ["grep", { pattern: "KEY" }],
    ["git_diff", {}],
    ["find_references", { symbol: "KEY" }],
    ["ripgrep", { pattern: "KEY" }],
  ] as const) {
    const { text } = await runTool(tool, input, lab.host);
    expect(text, tool).not.toMatch(/fresh|KEY (old|changed|named)/);
    if (tool === "git_diff") expect(text).toContain("tls.key has changed; it may hold secrets");
    else expect(text, tool).toContain("src/app.py");
  }
});
