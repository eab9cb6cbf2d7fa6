import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { checkSignature, signAdHoc } from "../scripts/mach_o.ts";

setDefaultTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PAGE = 4096;

/** A file of eleven pages and a bit before its signature, as a linker for macOS lays it out: `room` bytes are there for one. */
function program({ room = 0 } = {}): Buffer {
  const [textBytes, end] = [8 * PAGE, 11 * PAGE + 112];
  const file = Buffer.from(Uint8Array.from({ length: end + room }, (_, at) => (at * 7) % 251));
  file.fill(0, 0, 512);
  [0xfeedfacf, 0x01000007, 3, 2, 3, 72 + 72 + 16, 0, 0].forEach((word, at) => void file.writeUInt32LE(word, at * 4));
  const segment = (at: number, name: string, [offset, size]: readonly [number, number]) => {
    file.writeUInt32LE(0x19, at);
    file.writeUInt32LE(72, at + 4);
    file.write(name, at + 8, "latin1");
    file.writeBigUInt64LE(BigInt(Math.ceil(size / PAGE) * PAGE), at + 32);
    file.writeBigUInt64LE(BigInt(offset), at + 40);
    file.writeBigUInt64LE(BigInt(size), at + 48);
  };
  segment(32, "__TEXT", [0, textBytes]);
  segment(104, "__LINKEDIT", [textBytes, end + room - textBytes]);
  [0x1d, 16, end, room].forEach((word, at) => void file.writeUInt32LE(word, 176 + at * 4));
  return file;
}

test("a signed file is as its signature says, and each changed page is found, also in the header", () => {
  const signed = signAdHoc(program(), "dgov");
  expect(checkSignature(signed)).toEqual({ pages: 12, wrong: [] });
  for (const [at, page] of [
    [600, 0],
    [3 * PAGE, 3],
    [11 * PAGE + 111, 11],
  ] as const) {
    const changed = Buffer.from(signed);
    changed[at]! ^= 1;
    expect(checkSignature(changed).wrong).toEqual([page]);
  }
});

test("the last segment and its command grow with the signature, and signing twice is signing once", () => {
  const signed = signAdHoc(program({ room: 16 }), "dgov");
  const size = 20 + 88 + "dgov".length + 1 + 12 * 32;
  expect(signed.length).toBe(11 * PAGE + 112 + size);
  expect(signed.readUInt32LE(188)).toBe(size);
  expect(Number(signed.readBigUInt64LE(152))).toBe(3 * PAGE + 112 + size);
  expect(signAdHoc(signed, "dgov").equals(signed)).toBe(true);
});

test("what was put behind a signed program is not covered by its signature, and no page passes then", () => {
  const [signed, grown] = [signAdHoc(program(), "dgov"), Buffer.from(signAdHoc(program(), "dgov"))];
  grown.writeUInt32BE(11 * PAGE, 11 * PAGE + 112 + 20 + 32); // its code directory speaks of less than there is
  expect(checkSignature(grown).wrong).toHaveLength(12);
  expect(checkSignature(program({ room: 64 })).wrong).toHaveLength(12);
  expect(() => signAdHoc(Buffer.concat([signed, Buffer.from("more")]), "dgov")).toThrow("does not end");
  expect(() => checkSignature(Buffer.from("#!/bin/sh\n".repeat(9)))).toThrow("no Mach-O file");
});

// Bun's runtimes for macOS, where something was built for them here before: they are not fetched for a test.
const cache = process.env.BUN_INSTALL_CACHE_DIR ?? join(homedir(), ".bun/install/cache");
const runtime = (name: string) => existsSync(join(cache, `${name}-v${Bun.version}`));

function built(target: string): Buffer {
  const [script, out] = [join(folder, "a.ts"), join(folder, target)];
  writeFileSync(script, "console.log(1);\n");
  const argv = ["build", "--compile", `--target=bun-${target}`, script, "--outfile", out];
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...argv], { cwd: folder, stdin: "ignore" });
  if (exitCode !== 0) throw new Error(`bun build ended with ${exitCode}: ${stderr}`);
  return readFileSync(out);
}

test.skipIf(!runtime("bun-darwin-aarch64"))(
  "what Bun signs is found right, and signed here it is the same bytes",
  () => {
    const file = built("darwin-arm64");
    expect(checkSignature(file).wrong).toEqual([]);
    expect(signAdHoc(file, "a.out").equals(file)).toBe(true);
  },
);

test.skipIf(!runtime("bun-darwin-x64-baseline"))(
  "what Bun does not sign is found wrong, and right after it was signed",
  () => {
    const file = built("darwin-x64-baseline");
    const before = checkSignature(file);
    expect(before.wrong).not.toEqual([]);
    expect(checkSignature(signAdHoc(file, "dgov"))).toEqual({ pages: before.pages, wrong: [] });
  },
);
