import { openGrammars } from "../../grammar.ts";
import { withTree } from "../../parse.ts";
import { readTree } from "../../syntax_tree.ts";
import { type References, referencesOf } from "../references.ts";

const grammars = await openGrammars();

/** What a small text refers to, without units. */
export function analyse(language: string, text: string): References {
  const grammar = grammars.grammar(language);
  const { references: query, profile } = grammar;
  const found = withTree(grammar, text, (tree) =>
    referencesOf({ tree: readTree(tree, text, grammar), query, profile: profile.references, units: [] }),
  );
  if ("unknown" in found) throw new Error(found.unknown);
  return found;
}

type Callee = References["calls"][number]["callee"];

/** A read or what is called, in short: "a.b", "self.x of K", "k.go of a K", "f from lib:g". */
export function short({ name, members, self, instance, from }: Callee): string {
  const dotted = [name, ...members].join(".");
  const whose = self !== null ? ` of ${self}` : instance !== null ? ` of a ${instance}` : "";
  return `${dotted}${whose}${from === null ? "" : ` from ${from.module}${from.name === null ? "" : `:${from.name}`}`}`;
}

/** All calls in short: "f(2 a,b …) awaited none": two by place, two by name, and some that cannot be counted. */
export const calls = (found: References): string[] =>
  found.calls.map(({ callee, placed, named, spread, partial, awaited, guarded, use }) => {
    const given = [String(placed), named.join(), spread ? "…" : ""].filter((part) => part !== "").join(" ");
    const how = [partial && "partial", awaited && "awaited", guarded && "guarded", use !== "value" && use];
    return [`${short(callee)}(${given})`, ...how.filter(Boolean)].join(" ");
  });
