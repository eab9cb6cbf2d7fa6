import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GATE_NAMES } from "./gate_names.ts";

/** The names that stand in the source of the gates: in every file that makes one, or refuses in the name of one. */
function namesInSource(): string[] {
  const files = ["settlement", "review"].flatMap((folder) =>
    readdirSync(join(import.meta.dir, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|^testing\//.test(name))
      .map((name) => readFileSync(join(import.meta.dir, folder, name), "utf8")),
  );
  const gates = files.filter((text) =>
    /import \{[^}]*\b(Gate|recordOf|settle|broken)\b[^}]*\} from ".*\/gate\.ts"/.test(text),
  );
  const found = gates.flatMap((text) =>
    [...text.matchAll(/\b(?:name|gate|SETUP)(?::| =) ((?:"[a-z_]+"(?: \| )?)+)/g)].flatMap(([, names = ""]) =>
      [...names.matchAll(/[a-z_]+/g)].map(([name]) => name),
    ),
  );
  return [...new Set(found)].sort();
}

test("every gate that there is keeps its name from a project's components, and no other name is kept", () => {
  expect(namesInSource()).toEqual([...GATE_NAMES].sort());
});
