import { expect, test } from "bun:test";
import { withMemoryLimit } from "./core_module.ts";

const MIB = 1024 * 1024;
const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module with a memory of such limits, which it exports as "m". */
const withMemory = (...limits: number[]) =>
  Uint8Array.from([...HEAD, 5, 1 + limits.length, 1, ...limits, 7, 5, 1, 1, 0x6d, 2, 0]);

const memoryOf = (module: Uint8Array<ArrayBuffer>) =>
  new WebAssembly.Instance(new WebAssembly.Module(module)).exports.m as WebAssembly.Memory;

test.each<[what: string, module: Uint8Array, most_pages: number]>([
  ["without a maximum", withMemory(0, 1), 32],
  ["with a larger maximum", withMemory(1, 1, 0xff, 0x7f), 32],
  ["with a smaller maximum", withMemory(1, 1, 5), 5],
])("a memory %s grows to the limit and no further", (_, module, most_pages) => {
  const memory = memoryOf(withMemoryLimit(module, 2 * MIB));
  memory.grow(most_pages - 1);
  expect(memory.buffer.byteLength).toBe(most_pages * 65_536);
  expect(() => memory.grow(1)).toThrow();
});

test("a module without a memory stays as it is", () => {
  const module = Uint8Array.from([...HEAD, 1, 1, 0]);
  expect(withMemoryLimit(module, MIB)).toEqual(module);
});

test.each<[what: string, module: Uint8Array, why: RegExp]>([
  ["needs more to begin with", withMemory(0, 0xc0, 0x02), /needs 20 MiB.*memory_mb to 20/],
  ["is shared", withMemory(3, 1, 2), /shared or has 64-bit/],
  ["has 64-bit addresses", withMemory(4, 1), /shared or has 64-bit/],
  ["has several memories", Uint8Array.from([...HEAD, 5, 5, 2, 0, 1, 0, 1]), /several memories/],
  ["is cut off", Uint8Array.from([...HEAD, 5, 9, 1]), /cut off/],
  ["is cut off in a number", Uint8Array.from([...HEAD, 5, 0x80]), /cut off/],
  ["has an endless number", Uint8Array.from([...HEAD, 5, 0x80, 0x80, 0x80, 0x80, 0x80, 1]), /too long/],
  ["is no module", Uint8Array.from([1, 2, 3]), /not WebAssembly/],
])("one that %s is refused", (_, module, why) => {
  expect(() => withMemoryLimit(module, 2 * MIB)).toThrow(why);
});
