import type { ReportedSymbol, ScopeReport } from "@dgov/governor/scope_report";
import { authorWords, didWords, useWords } from "./scope_text.ts";

const RULES: Readonly<Record<ReportedSymbol["did"], string>> = {
  added: "A symbol was added",
  removed: "A symbol was removed",
  edited: "A symbol was edited",
  moved: "A symbol was moved",
  renamed: "A symbol was renamed",
};

/** A report in SARIF 2.1.0: each symbol a result, whoever refers to it a related place. */
export function sarifOf({ symbols, unknown, to }: ScopeReport, version: string): object {
  const rules = Object.entries(RULES).map(([did, text]) => ({
    id: `symbol_${did}`,
    shortDescription: { text },
    defaultConfiguration: { level: "note" },
  }));
  const driver = { name: "dgov", version, rules };
  const notifications = unknown.map(({ path, why }) => ({
    level: "note",
    message: { text: `Nothing is known of the symbols: ${why}` },
    locations: [placeOf(path, null)],
  }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { ROOT: { description: { text: "The root of the repository" } } },
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications }],
        properties: { revision: to },
        results: symbols.map(resultOf),
      },
    ],
  };
}

function resultOf(symbol: ReportedSymbol): object {
  const { path, symbol: key, kind, did, lines, uses, tasks, risk, was } = symbol;
  return {
    ruleId: `symbol_${did}`,
    level: levelOf(symbol),
    message: { text: [`${path}::${key} ${didWords(symbol)}${authorWords(symbol)}`, ...risks(symbol)].join("; ") },
    locations: [
      {
        ...placeOf(path, lines),
        logicalLocations: [{ fullyQualifiedName: `${path}::${key}`, kind: KINDS[kind] ?? kind }],
      },
    ],
    relatedLocations: uses.map((use, id) => ({
      id,
      ...placeOf(use.path, [use.line, use.line]),
      message: { text: useWords(use) },
    })),
    partialFingerprints: { "dgovSymbol/v1": `${did} ${path}::${key}` },
    properties: { tasks, risk: risk.level, ...(was === null ? {} : { was }) },
  };
}

const risks = ({ risk }: ReportedSymbol): string[] =>
  risk.with.map(({ task, level, why }) => `risk ${level}: ${task} ${why}`);

/** The names that SARIF has for kinds; others stand as they are. */
const KINDS: Readonly<Partial<Record<ReportedSymbol["kind"], string>>> = {
  class: "type",
  method: "function",
  field: "member",
  property: "member",
};

/** What is gone and still looked for is a warning, as is what another task does to the same; nothing here is an error. */
function levelOf({ did, uses, risk }: ReportedSymbol): "note" | "warning" {
  const missed = did === "removed" && uses.some(({ sure }) => sure === "resolved");
  return missed || risk.level === "high" || risk.level === "critical" ? "warning" : "note";
}

function placeOf(path: string, lines: readonly [number, number] | null) {
  const uri = path.split("/").map(encodeURIComponent).join("/");
  const region = lines === null ? {} : { region: { startLine: lines[0], endLine: lines[1] } };
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: "ROOT" }, ...region } };
}
