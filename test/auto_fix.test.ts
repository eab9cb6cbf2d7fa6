import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, type Place } from "./repo.ts";
import { bash, type Call, done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** Lets a worker change `src/a.txt`, which a formatter then goes over. @returns what has landed, byte for byte */
function fixed(before: string, call: Call, format_cmd: string): string {
  const place = layTasks(
    { a: { claims: 'files.edit = ["src/"]', attempts: [[call, done]] } },
    { files: { "src/a.txt": before, ".gitattributes": "* -text\n" }, project: { format_cmd } },
  );
  open.push(place);
  const ran = dgov(place, "run", ".dgov/plans/p");
  expect({ landed: eventsOf(place).some(({ kind }) => kind === "task_landed"), said: ran.stderr }).toMatchObject({
    landed: true,
  });
  return readFileSync(join(place.root, "src/a.txt"), "latin1");
}

/** Writes `=` with blanks around it, and every line with a bare line feed. */
const TO_LF = "sed -i 's/\\r$//; s/ *= */ = /' {file}";

test.each<[string, string, Call, string]>([
  [
    "CRLF stays CRLF, on the lines of the change too",
    "a=1\r\nb=2\r\n",
    edit("src/a.txt", "b=2", "b=3"),
    "a=1\r\nb = 3\r\n",
  ],
  ["LF stays LF", "a=1\nb=2\n", edit("src/a.txt", "b=2", "b=3"), "a=1\nb = 3\n"],
  ["what is not UTF-8 is left alone", "a=1\n", bash("printf 'a=1\\nb=\\351\\n' > src/a.txt"), "a=1\nb=\xe9\n"],
  [
    "AF-14 what is UTF-8 is not",
    "a = 1\n",
    bash("printf 'a = 1\\nb=\\303\\251\\n' > src/a.txt"),
    "a = 1\nb = \xc3\xa9\n",
  ],
])("D6 a formatter that writes lines its own way: %s", (_, before, call, after) => {
  expect(fixed(before, call, TO_LF)).toBe(after);
});

test("D6 a formatter does not write through links that the worker has made", () => {
  const call = bash("ln -sf b.txt src/a.txt; ln -s b.txt src/n.txt");
  const place = layTasks(
    { a: { claims: 'files.edit = ["src/"]', attempts: [[call, done]] } },
    { files: { "src/b.txt": "b=1\n" }, project: { format_cmd: TO_LF } },
  );
  open.push(place);
  dgov(place, "run", ".dgov/plans/p");
  expect(eventsOf(place).flatMap((event) => (event.kind === "gate_judged" ? [event.gate] : []))).not.toContain(
    "format_fix",
  );
  expect(readFileSync(join(place.root, "src/b.txt"), "utf8")).toBe("b=1\n");
});
