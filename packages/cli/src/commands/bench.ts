import { type BenchView, bench as benchPlan, benchSchema } from "@dgov/governor/bench";
import { DgovError } from "@dgov/governor/error";
import { z } from "zod";
import { benchLine, renderBench } from "../bench_text.ts";
import { CEILING_FLAGS, ceilingOf } from "../ceiling_flags.ts";
import { defineCommand } from "../command.ts";
import { worldOf } from "../world.ts";

type View = BenchView | { schema: object };

export const bench = defineCommand({
  name: "bench",
  summary: "Run one plan under several profiles, each at the same commit and with the same tests, and compare them",
  details:
    "Each of [profiles.NAME] works in a repository of its own: nothing of yours moves. A profile that fails, or whose process\n" +
    "dies, is a row of the table, and the others go on. The same call goes on with a bench that was interrupted or killed.\n" +
    "Ceilings are of all profiles together. Written are summary.json, which holds to docs/bench.schema.json, and each\n" +
    "profile's lines of dgov metrics. The exit status is 0 when every profile was measured by the same tests.",
  examples: ["dgov bench add-limits --profiles cheap,strong"],
  args: z.strictObject({ plan: z.string().optional().describe("The plan's directory or name") }),
  flags: z.strictObject({
    profiles: z.string().optional().describe("Names of [profiles.NAME] with commas between them"),
    jobs: z.int().min(1).optional().describe("How many tasks are worked on at once, as for dgov run"),
    ...CEILING_FLAGS,
    out: z.string().optional().describe("Folder to write to (default: .dgov/runtime/bench/PLAN)"),
    keep: z.boolean().default(false).describe("Keep the repositories that were worked in"),
    schema: z.boolean().default(false).describe("Print the JSON Schema of summary.json, and run nothing"),
  }),
  short: { jobs: "j" },
  async run({ plan, profiles, jobs = null, out = null, keep, schema, ...ceilings }, here): Promise<View> {
    if (schema) return { schema: benchSchema() };
    if (plan === undefined) throw new DgovError("usage", 'Cannot run "dgov bench": PLAN is missing');
    const told: Parameters<typeof benchPlan>[0]["told"] = (line) => {
      if (!here.json) here.stderr(benchLine(line));
    };
    const request = { cwd: here.cwd, plan, profiles: namesIn(profiles ?? ""), jobs, out, keep, told };
    return benchPlan({ ...request, ceiling: ceilingOf(ceilings) }, { ...worldOf(here), notify: () => {} });
  },
  text: (view) => ("schema" in view ? JSON.stringify(view.schema, null, 2) : renderBench(view)),
  exit: (view) => ("schema" in view ? 0 : view.exit),
});

function namesIn(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (names.length > 0 && twice === undefined) return names;
  const why = twice === undefined ? "--profiles names none" : `--profiles names "${twice}" twice`;
  throw new DgovError("usage", `Cannot run "dgov bench": ${why}`, { hint: "Write --profiles NAME,NAME" });
}
