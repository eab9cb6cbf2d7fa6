import { expect, test } from "bun:test";
import { parseClaim } from "@dgov/sandbox";
import { violationsOf } from "./violations.ts";

const call = { tool: "run_bash", ok: true, refused_by: null as string | null, text: "done", touched: [] as string[] };
const write = [parseClaim("src/a.py")];

test("a call that stays within its rights violates nothing", () => {
  expect(violationsOf([call], { changed: ["src/a.py"], write })).toEqual([]);
});

test("what was written beside claimed symbols and put back is told as that", () => {
  const undone = { ...call, refused_by: "claim", text: "x\nPUT BACK: …\nEXIT:0", touched: ["src/a.py"] };
  const told = violationsOf([undone], { changed: [], write: [parseClaim("src/a.py::f")] });
  expect(told).toEqual([{ by: "claim", what: '"src/a.py" was written beside the claimed symbols, and put back' }]);
});

test("what was refused, put back, confined or changed without a claim is told once, with what kept it", () => {
  const calls = [
    { ...call, ok: false, refused_by: "claim", text: "x\nPUT BACK: …\nCONFINED: read only\nEXIT:1", touched: ["b.py"] },
    { ...call, text: "CONFINED: read only\nEXIT:0" },
    { ...call, ok: false, tool: "write_file", refused_by: "reserved", text: 'Error: ".dgov/x" belongs to dgov\nmore' },
  ];
  expect(violationsOf(calls, { changed: [".env", "src/a.py"], write })).toEqual([
    { by: "claim", what: '"b.py" was written without a claim, and put back' },
    { by: "jail", what: "read only" },
    { by: "reserved", what: 'write_file: ".dgov/x" belongs to dgov' },
    { by: "claims", what: '".env" was changed and is not claimed: the gate "claims" rejects such work' },
  ]);
});
