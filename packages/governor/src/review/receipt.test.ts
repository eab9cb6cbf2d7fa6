import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TaskId } from "@dgov/kernel";
import { keepBallot, readReceipt } from "./receipt.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const VOTED = { task: TaskId.parse("core/main.a"), attempt: 1, seat: "oak" };

function kept(raw: string) {
  const out = realpathSync(mkdtempSync(join(tmpdir(), "dgov-receipt-")));
  folders.push(out);
  const ballot = keepBallot(out, VOTED, raw);
  const [name = ""] = readdirSync(join(out, "core.main.a/1"));
  return { out, ballot, path: join(out, "core.main.a/1", name) };
}

test("E10 a ballot is kept as it was given, byte for byte, and its hash is that of the bytes", () => {
  const raw = '{ "vote":\t"approve", "summary": "ä\\u0000"  }\n';
  const { out, ballot, path } = kept(raw);
  expect(readFileSync(path, "utf8")).toBe(raw);
  expect(new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex")).toBe(ballot.sha256);
  expect(readReceipt(out, VOTED, ballot)).toMatchObject({ state: "verified", bytes: Buffer.byteLength(raw) });
});

test("E14 a flipped byte is a failed verification, and a file that is gone is not", () => {
  const { out, ballot, path } = kept('{"vote":"approve"}');
  writeFileSync(path, '{"vote":"bpprove"}');
  expect(readReceipt(out, VOTED, ballot).state).toBe("verification_failed");
  rmSync(path);
  expect(readReceipt(out, VOTED, ballot).state).toBe("absent");
});
