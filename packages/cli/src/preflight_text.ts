import type { JudgedGate, PreflightView } from "@dgov/governor/preflight_at_once";
import { paint, plain } from "./ansi.ts";

/** 0 it passes · 1 a gate refuses it, or has no answer · 5 a gate has no answer because its tool is not there. */
export function preflightExit({ verdict, gates }: Pick<PreflightView, "verdict" | "gates">): number {
  if (verdict === "pass") return 0;
  return gates.some(({ findings }) => findings.some(({ code }) => code === "tool_missing")) ? 5 : 1;
}

/** One line where it passes; the gate, its findings and what its command said where it does not. */
export function renderPreflight(view: PreflightView): string {
  const { verdict, judged, files, gates, notes, known, took_ms, symbols } = view;
  const how = known ? "known" : took_ms < 10_000 ? `${took_ms} ms` : `${(took_ms / 1000).toFixed(1)} s`;
  const about = `${plain(judged)} (${files} ${files === 1 ? "file" : "files"}, ${how})`;
  const asked = gates.map(({ gate }) => gate).join(", ");
  const failing = gates.filter((gate) => gate.verdict !== "pass");
  return [
    verdict === "pass"
      ? `${paint("green", "✔ pass")}: ${about}: ${asked}`
      : `${paint("red", `✘ ${verdict}`)}: ${about}`,
    ...failing.flatMap(gateLines),
    ...(symbols ?? []).map(({ path, symbol, did, line }) => `  ${plain(path)}:${line} ${did} ${plain(symbol)}`),
    ...notes.map((note) => `  ${paint("yellow", "note")} ${findingLine(note)}`),
  ].join("\n");
}

function gateLines({ gate, findings, command, exit, said }: JudgedGate): string[] {
  const ended = command === null ? "" : `: ${plain(command)}${exit === null ? "" : ` (exit status ${exit})`}`;
  return [
    `${paint("red", gate)}${ended}`,
    ...findings.map((finding) => `  ${findingLine(finding)}`),
    ...(said === null ? [] : said.split("\n").map((line) => `  ${paint("dim", "│")} ${plain(line)}`)),
  ];
}

/** `path:line:column code message`, as editors and terminals understand it. */
function findingLine({ code, message, path, line, column }: JudgedGate["findings"][number]): string {
  const where = [path, line, column].filter((part) => part !== undefined).join(":");
  return `${where === "" ? "" : `${plain(where)} `}${code} ${plain(message)}`;
}
