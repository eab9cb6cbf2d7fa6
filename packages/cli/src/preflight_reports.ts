import type { JudgedGate, PreflightView } from "@dgov/governor/preflight_at_once";

type Finding = JudgedGate["findings"][number];
type Told = { level: "error" | "note"; gate: string; finding: Finding };

/** Findings of gates that did not pass, then what is only told. */
const toldIn = ({ gates, notes }: PreflightView): Told[] => [
  ...gates.flatMap(({ gate, findings }) => findings.map((finding): Told => ({ level: "error", gate, finding }))),
  ...notes.map((finding): Told => ({ level: "note", gate: "note", finding })),
];

/** A verdict in SARIF 2.1.0: each finding a result. */
export function preflightSarif(view: PreflightView, version: string): object {
  const told = toldIn(view);
  const rules = [...new Set(told.map(({ finding }) => finding.code))].sort().map((id) => ({ id }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "dgov", version, rules } },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { ROOT: { description: { text: "The root of the repository" } } },
        invocations: [{ executionSuccessful: view.verdict !== "broken" }],
        properties: { verdict: view.verdict, tree: view.tree },
        results: told.map(({ level, gate, finding }) => ({
          ruleId: finding.code,
          level,
          message: { text: finding.message },
          ...locationsOf(finding),
          properties: { gate },
        })),
      },
    ],
  };
}

function locationsOf({ path, line, column }: Finding): { locations?: object[] } {
  if (path === undefined) return {};
  const uri = path.split("/").map(encodeURIComponent).join("/");
  const start = { ...(line ? { startLine: line } : {}), ...(line && column ? { startColumn: column } : {}) };
  const region = line ? { region: start } : {};
  return { locations: [{ physicalLocation: { artifactLocation: { uri, uriBaseId: "ROOT" }, ...region } }] };
}

/** The same as commands of a GitHub workflow, one a line: it shows each beside its line of the change. */
export const preflightAnnotations = (view: PreflightView): string =>
  toldIn(view)
    .map(({ level, gate, finding: { code, message, path, line, column } }) => {
      const fields = Object.entries({ file: path, line, col: column, title: `${gate}: ${code}` });
      const said = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${property(`${value}`)}`]));
      return `::${level === "error" ? "error" : "notice"} ${said.join(",")}::${escaped(message)}`;
    })
    .join("\n");

/** A line end would begin a command of its own. */
const escaped = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
