import { expect, test } from "bun:test";
import { digestOfText, type Requirement, requirementsIn } from "./requirements.ts";

function found(text: string, path = "spec.md"): Requirement[] {
  const said = requirementsIn(path, text);
  if ("unknown" in said) throw new Error(said.unknown);
  return said.requirements;
}

const TEXT = `# Paying

A card MUST be
charged once.

## Limits
- [PAY-2] An amount SHOULD be rounded.
- PAY-3: It MAY be zero.
- It must not (in small letters) count.

\`\`\`
This MUST not be read.
\`\`\`
<!-- Nor MUST this -->
<!--
and this MUST NOT either
-->
The word \`MUST\` as code is none.
1. Second: a refund is REQUIRED.
`;

test("D22 requirements are the lines with words of RFC 2119, with their sections and lines", () => {
  expect(
    found(TEXT).map(({ id, given, strength, section, line }) => [given ? id : "", strength, section.join(" > "), line]),
  ).toEqual([
    ["", "must", "Paying", 3],
    ["PAY-2", "should", "Paying > Limits", 7],
    ["PAY-3", "may", "Paying > Limits", 8],
    ["", "must", "Paying > Limits", 19],
  ]);
});

test("D22 an id stays when the text is moved, wrapped or marked up, and goes when its words change", () => {
  const id = (text: string) => found(text)[0]?.id;
  const same = [
    "A card MUST be charged once.",
    "# Elsewhere\n\n- A **card** MUST\n  be charged once",
    "> A card, MUST be _charged_ once!\r\n",
  ];
  expect(new Set(same.map(id)).size).toBe(1);
  expect(id("A card MUST be charged twice.")).not.toBe(id(same[0]!));
  const [one, other] = ["PAY-1: A MUST b.", "PAY-1: A SHOULD b."].map((text) => found(text)[0]!);
  expect(one!.id).toBe(other!.id);
  expect(digestOfText(one!)).not.toBe(digestOfText(other!));
});

test("D22 what is there twice is told apart", () => {
  expect(found("- PAY-1: A MUST b.\n- PAY-1: A MUST c.\n").map(({ id }) => id)).toEqual(["PAY-1", "PAY-1~2"]);
});

test("D22 the requirements of an interface are its operations", () => {
  const api = "openapi: 3.0.0\npaths:\n  /a:\n    get: {operationId: listA, summary: All}\n    post: {}\n";
  expect(found(api, "api.yaml").map(({ id, text, line }) => [id, text, line])).toEqual([
    ["listA", "GET /a: All", 4],
    ["POST /a", "POST /a", 5],
  ]);
  expect(requirementsIn("api.yaml", "a: }")).toHaveProperty("unknown");
  expect(requirementsIn("api.json", "{}")).toEqual({ unknown: "it is no OpenAPI document" });
});
