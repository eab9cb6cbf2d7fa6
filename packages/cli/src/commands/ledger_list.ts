import { resolve } from "node:path";
import { Category, type LedgerList, listLedger } from "@dgov/governor/ledger";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { LEDGER_CURE, ledgerFaults } from "../ledger_text.ts";

export const ledgerList = defineCommand({
  name: "ledger list",
  summary: "List what was learned of this repository, newest first",
  examples: ["dgov ledger list"],
  args: z.strictObject({}),
  flags: z.strictObject({
    category: Category.optional().describe("Only these"),
    status: z.enum(["open", "resolved", "all"]).default("open").describe("Only entries that are"),
    query: z.string().optional().describe("Only entries whose text has this in it, in letters of either case"),
    verbose: z.boolean().default(false).describe("Also paths, and what became of each"),
    root: z.string().default(".").describe("The repository"),
  }),
  short: { category: "c", status: "s", query: "q", verbose: "v", root: "r" },
  run: async ({ category = null, status, query = null, verbose, root }, { cwd }) => ({
    ...listLedger({ cwd: resolve(cwd, root) }, { category, status, query }),
    verbose,
  }),
  text: renderLedger,
  notes: ({ entries, faults }) => {
    const damaged = entries.filter(({ integrity }) => integrity.is === "damaged");
    const said = ledgerFaults(faults);
    return [
      ...damaged.map(({ id }) => `Entry #${id}: its paths or tags cannot be read, and count as none`),
      ...(said.length === 0 ? [] : [...said, LEDGER_CURE]),
    ];
  },
});

const PLURAL: Readonly<Record<Category, string>> = {
  bug: "bugs",
  fix: "fixes",
  rule: "rules",
  pattern: "patterns",
  note: "notes",
  debt: "debts",
  capability: "capabilities",
  decision: "decisions",
};

export function renderLedger({ entries, filter, verbose }: LedgerList & { verbose: boolean }): string {
  const { category, status } = filter;
  if (entries.length === 0)
    return `No ${status === "all" ? "" : `${status} `}${category === null ? "entries" : PLURAL[category]} found.`;
  return entries.flatMap((entry) => [lineOf(entry), ...(verbose ? moreOf(entry) : [])]).join("\n");
}

type Entry = LedgerList["entries"][number];

/** The line of dgov 0.8. */
const lineOf = ({ id, category, content }: Entry) => `#${id} [${plain(category)}] ${plain(content)}`;

function moreOf({ affected_paths, affected_tags, created_at, resolved_at, commit, found, seen }: Entry): string[] {
  const by = commit === null ? "" : ` by ${commit.slice(0, 8)}`;
  const runs = seen > 1 ? `, met by ${seen} runs` : "";
  return [
    ...(affected_paths.length > 0 ? [`paths: ${affected_paths.map(plain).join(", ")}`] : []),
    ...(affected_tags.length > 0 ? [`tags: ${affected_tags.map(plain).join(", ")}`] : []),
    ...(found === null ? [] : [`found by ${plain(found.run)} in ${plain(found.task)} at ${plain(found.gate)}${runs}`]),
    `added ${created_at}${resolved_at === null ? "" : `, resolved ${resolved_at}${by}`}`,
  ].map((line) => `    ${paint("dim", line)}`);
}
