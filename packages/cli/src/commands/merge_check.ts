import { counted } from "@dgov/governor/counted";
import { checkMerge, type MergeCheckView, type ShownCause, type ShownFinding } from "@dgov/governor/merge_check";
import { z } from "zod";
import { type Colour, paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const mergeCheck = defineCommand({
  name: "merge-check",
  summary: "Merge three trees in memory, and say what would break by it",
  details:
    "BASE, OURS and THEIRS are commits, trees or folders, in any repository or outside of one. What is said is in the\n" +
    "merged tree and in neither side. Exits with 0 for merge, note and warn, 1 for block, and 10 for conflict.",
  examples: ["dgov merge-check v1 main topic"],
  args: z.strictObject({
    base: z.string().describe("What both sides began from"),
    ours: z.string().describe("One side"),
    theirs: z.string().describe("The other side"),
  }),
  flags: z.strictObject({
    write: z
      .string()
      .optional()
      .describe("Write the merged tree to this folder, which is empty or not there; a conflict leaves its markers"),
    fail_on: z
      .enum(["note", "warn", "block", "conflict"])
      .default("block")
      .describe("Exit with 1 from this verdict on; conflict always exits with 10"),
  }),
  async run({ base, ours, theirs, write, fail_on }, { cwd, self, now_ms, env }): Promise<Checked> {
    const view = await checkMerge({ cwd, self, now_ms, env }, { base, ours, theirs, write: write ?? null });
    return { ...view, fail_on };
  },
  text: (view: Checked) => renderMergeCheck(view),
  exit: ({ verdict, fail_on }) => mergeExit(verdict, fail_on),
  notes: ({ left_out }) => left_out.map((path) => `Left out, for git can hold it in no tree: ${plain(path)}`),
});

type Verdict = MergeCheckView["verdict"];
type Checked = MergeCheckView & { fail_on: Verdict };
const GRAVITY: readonly Verdict[] = ["merge", "note", "warn", "block", "conflict"];

/** The exit status for a verdict. */
export function mergeExit(verdict: Verdict, fail_on: Verdict): number {
  if (verdict === "conflict") return 10;
  return GRAVITY.indexOf(verdict) >= GRAVITY.indexOf(fail_on) ? 1 : 0;
}

const LOOKS: Readonly<Record<Verdict, { sign: string; colour: Colour; words: string }>> = {
  merge: { sign: "✔", colour: "green", words: "it can be merged" },
  note: { sign: "·", colour: "dim", words: "it can be merged; there is something to know" },
  warn: { sign: "!", colour: "yellow", words: "it can be merged; look at what is listed" },
  block: { sign: "✘", colour: "red", words: "git merges it, and it is broken then" },
  conflict: { sign: "✘", colour: "red", words: "it cannot be merged without a decision" },
};

export function renderMergeCheck(view: MergeCheckView): string {
  const { sign, colour, words } = LOOKS[view.verdict];
  const { ours, theirs } = view.files;
  return [
    `${paint(colour, `${sign} ${view.verdict}`)}: ${words} (ours changed ${counted(ours, "file")}, theirs ${counted(theirs, "file")})`,
    ...view.findings.map((finding) => renderFinding(finding).join("\n")),
    ...listed("Merged by symbols, for git could not", view.by_symbols),
    ...listed(
      "Looked at by lines alone",
      view.unchecked.map(({ path, why }) => `${path}: ${why}`),
    ),
    ...(view.written === null ? [] : [`Written to ${plain(view.written)}`]),
  ].join("\n\n");
}

function renderFinding({ verdict, kind, sentence, place, lines, causes, fix }: ShownFinding): string[] {
  const { sign, colour } = LOOKS[verdict];
  const where = place === null || verdict === "conflict" ? "" : `  ${plain(place.path)}:${place.lines[0]}`;
  return [
    `${paint(colour, `${sign} ${verdict}`)} ${kind}${where}`,
    `  ${plain(sentence)}`,
    ...code(lines),
    // Both sides of a conflict stand between its markers.
    ...(verdict === "conflict" && lines !== null ? [] : causes.flatMap(renderCause)),
    ...(fix === null ? [] : [`  ${paint("cyan", "mend:")} ${plain(fix.sentence)}`]),
  ];
}

function renderCause({ side, called, did, place, was, is, lines }: ShownCause): string[] {
  const unit = place.unit === "" ? "" : ` \`${plain(place.unit)}\``;
  const name = called === side ? side : `${side} (${plain(called)})`;
  const how = was !== null && is !== null && was !== is ? `: ${plain(was)} → ${plain(is)}` : "";
  return [`  ${name} ${did}${unit} at ${plain(place.path)}:${place.lines[0]}${how}`, ...code(lines)];
}

/** Numbered lines of a file, as a person may read them. */
function code(excerpt: ShownFinding["lines"]): string[] {
  if (excerpt === null) return [];
  const { first, lines, more } = excerpt;
  const digits = `${first + lines.length - 1}`.length;
  const rows = lines.map((line, at) => {
    const number = `${first + at}`.padStart(digits);
    return `    ${paint("dim", `${number} │`)} ${plain(line.replaceAll("\t", "    "))}`.trimEnd();
  });
  return more > 0 ? [...rows, `    ${" ".repeat(digits)} … and ${more} more`] : rows;
}

const listed = (title: string, rows: readonly string[]): string[] =>
  rows.length === 0 ? [] : [[title, ...rows.map((row) => `  ${plain(row)}`)].join("\n")];
