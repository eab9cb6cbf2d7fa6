import { type ApiChange, type ApiDiffView, adviceOn, type ShownApi } from "@dgov/governor/api_diff";
import { type Colour, paint, plain } from "./ansi.ts";
import { cell, code } from "./markdown.ts";

const LEVELS: readonly [level: ApiChange["level"], title: string, colour: Colour][] = [
  ["breaking", "Breaking", "red"],
  ["unknown", "Not known to be harmless", "yellow"],
  ["compatible", "Compatible", "green"],
  ["documentation", "Words only", "dim"],
];

/** For a terminal: each interface, what was found against it, and every change. */
export const renderApis = ({ base, head, apis }: ApiDiffView): string =>
  [`${plain(base)} -> ${plain(head)}`, ...apis.map(renderApi)].join("\n\n");

function renderApi({ name, document, did, findings, diff }: ShownApi): string {
  const sign = did === "passed" ? paint("green", "✓") : paint("red", "✗");
  const lines = [
    `${sign} ${paint("bold", plain(name))}${name === document ? "" : ` (${plain(document)})`}: ${versionWords(diff)}`,
  ];
  for (const { code: what, message } of findings) if (!GRAVE.has(what)) lines.push(`  ${what}: ${plain(message)}`);
  for (const [level, , colour] of LEVELS)
    for (const change of diff?.changes ?? [])
      if (change.level === level) lines.push(`  ${paint(colour, level)} ${plain(changeWords(change))}`);
  return lines.join("\n");
}

/** These are told as changes. */
const GRAVE = new Set(["api_breaking", "api_unknown"]);

const versionWords = (diff: ShownApi["diff"]): string => {
  if (diff === null) return "unchanged";
  const { base, head, need, next, enough } = diff;
  if (need === "none") return plain(`${base} -> ${head}`);
  const words =
    enough === true
      ? `far enough for its changes (${need})`
      : `its changes need ${next ?? "a semantic version"} (${need})`;
  return plain(`${base} -> ${head}, ${words}`);
};

const placeWords = ({ head, base }: ApiChange): string => {
  const at = head ?? base;
  return at?.line ? ` [${at.file}:${at.line}${head ? "" : " before"}]` : "";
};

const changeWords = (change: ApiChange): string =>
  `${change.where === "" ? "" : `${change.where}: `}${change.says} (${change.kind})${placeWords(change)}`;

/** A guide for those who call an interface: what changes for them, and what to do about it. */
export const apiMarkdown = ({ apis }: ApiDiffView): string => `${apis.map(guideOf).join("\n\n")}\n`;

function guideOf({ name, diff, findings }: ShownApi): string {
  if (diff === null)
    return [`# ${cell(name)}`, findings.map(({ message }) => cell(message)).join("\n") || "Nothing has changed."].join(
      "\n\n",
    );
  const { base, head, next, enough, changes } = diff;
  const to = enough === true ? head : (next ?? head);
  const parts = [`# Migrating ${cell(name)} from ${cell(base)} to ${cell(to)}`];
  for (const [level, title] of LEVELS) {
    const own = changes.filter((change) => change.level === level);
    if (own.length > 0)
      parts.push(`## ${title}`, own.map(level === "breaking" || level === "unknown" ? step : line).join("\n"));
  }
  if (changes.length === 0) parts.push("Nothing has changed.");
  return parts.join("\n\n");
}

const line = ({ where, says }: ApiChange): string => `- ${where === "" ? "" : `${code(where)}: `}${cell(says)}`;

function step(change: ApiChange): string {
  const { kind, operations } = change;
  const shown = operations.slice(0, OPERATIONS_MAX).map(code).join(", ");
  const more = operations.length > OPERATIONS_MAX ? ` and ${operations.length - OPERATIONS_MAX} more` : "";
  const concerned = operations.length > 1 ? [`  Concerned: ${shown}${more}.`] : [];
  return [line(change), ...concerned, `  ${cell(adviceOn(kind))}`].join("\n");
}
const OPERATIONS_MAX = 12;
