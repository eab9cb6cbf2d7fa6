import { expect, test } from "bun:test";
import { schemaText } from "./schema.ts";

test("a schema knows each key, says what it is for, and refuses the others", () => {
  const { properties, additionalProperties } = JSON.parse(schemaText("user"));
  expect(Object.keys(properties)).toContain("providers");
  expect(Object.keys(properties)).not.toContain("gates");
  expect(additionalProperties).toBe(false);
  expect(properties.budget.properties.calls).toMatchObject({ type: "integer", description: "Model calls" });
});
