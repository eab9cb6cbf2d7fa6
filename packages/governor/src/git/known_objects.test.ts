import { expect, test } from "bun:test";
import { isOid, knownOf } from "./known_objects.ts";

const objects = { info: async () => [], content: async () => new Uint8Array() };

test("what was asked of a repository is not asked again, as long as it is kept, and a failure is not kept", async () => {
  const known = knownOf<string>(2);
  const asked: string[] = [];
  const ask = (key: string, of = objects) => known({ objects: of }, key, async () => `${asked.push(key)}`);
  expect([await ask("a"), await ask("a"), await ask("b"), await ask("a")]).toEqual(["1", "1", "2", "1"]);
  await ask("c");
  await ask("d");
  expect([await ask("a"), asked]).toEqual(["5", ["a", "b", "c", "d", "a"]]);
  expect(await ask("a", { ...objects })).toBe("6");
  const failing = () => known({ objects }, "e", () => Promise.reject(new Error("no disk")));
  await expect(failing()).rejects.toThrow("no disk");
  expect(await ask("e")).toBe("7");
});

test("an id has as many digits as a hash", () => {
  const names = ["a".repeat(40), "0".repeat(64), "a".repeat(41), "A".repeat(40), `${"a".repeat(40)}^{tree}`, "main"];
  expect(names.map(isOid)).toEqual([true, true, false, false, false, false]);
});
