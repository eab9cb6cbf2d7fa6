import { counted } from "@dgov/governor/counted";
import { type Detected, PROJECT_TYPES } from "@dgov/governor/detect";
import { foreseeInit, type InitForeseen, type InitView, initProject } from "@dgov/governor/init";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const init = defineCommand({
  name: "init",
  summary: "Give this repository its .dgov: configuration, charter and SOPs",
  details:
    "What is there already stays as it is. The second time nothing changes. With --preflight it says what it would find and write.",
  examples: ["dgov init", "dgov init --project-type go", "dgov init --preflight"],
  args: z.strictObject({}),
  flags: z.strictObject({
    force: z.boolean().default(false).describe("Write over what is there"),
    yes: z.boolean().default(false).describe("Accepted for old scripts: nothing is asked"),
    project_type: z
      .enum(["auto", ...PROJECT_TYPES])
      .default("auto")
      .describe("What the project is written in"),
    preflight: z.boolean().default(false).describe("Write nothing, and say what would be written and what is there"),
  }),
  short: { yes: "y" },
  run: async ({ force, project_type, preflight }, here): Promise<InitView | Foreseen> => {
    const asked = { cwd: here.cwd, path: here.env.PATH ?? "", force, type: project_type };
    if (!preflight) return initProject(asked);
    return { ...foreseeInit(asked), version: here.version, user: here.env.USER ?? null };
  },
  text: (view) => (view.status === "foreseen" ? renderForeseen(view) : renderInit(view)),
  notes: ({ detected }) => [
    ...(detected?.confidence === "low" ? [`${detected.reason}: set the commands in .dgov/project.toml by hand`] : []),
    ...(detected?.overlooked ?? []),
  ],
});

/** `user`: whom the environment names. */
type Foreseen = InitForeseen & { version: string; user: string | null };

function renderForeseen({ version, user, root, repository, log, detected, would_create, kept }: Foreseen): string {
  const there = [
    ["dgov", version],
    ["root", plain(root)],
    ["git repository", repository ? "yes" : "no: a run needs one"],
    ["log", plain(log)],
    ["user", plain(user ?? "(the environment names none)")],
    ["there already", counted(kept.length, "file")],
  ];
  const lines = would_create.map((file) => `Would create ${file}`);
  return [columns([...there, ...rows(detected)]), "", ...(lines.length > 0 ? lines : ["Would change nothing"])].join(
    "\n",
  );
}

export function renderInit({ status, created, detected, baselines }: InitView): string {
  if (status === "already_initialized") return "Already initialized: nothing to do";
  const lines = created.map((file) => `Created ${file}`);
  if (detected) lines.push("", columns(rows(detected)));
  lines.push("", "Next:", ...NEXT.map((step, at) => `  ${at + 1}. ${step}`));
  return [...lines, ...(detected ? measures(detected, baselines) : [])].join("\n");
}

/** What becomes of that which is not good today, when work is judged. */
function measures({ commands }: Detected, baselines: InitView["baselines"]): string[] {
  const steps = baselines.map(({ of, first, command }) => [of, first === null ? command : `${first}, then ${command}`]);
  const checks = [commands.lint_cmd, commands.type_check_cmd].some((command) => command !== "");
  return [
    ...(checks ? ["", "What lint and types find today is held against no task: only what is new is refused."] : []),
    ...(steps.length === 0 ? [] : ["To keep what is there today as a measure, commit what this writes:"]),
    ...(steps.length === 0 ? [] : [columns(steps, "  ")]),
  ];
}

const NEXT = [
  "Choose a provider in .dgov/project.toml, and write into .dgov/governor.md what holds for every task",
  "Commit .dgov: a run starts from what is committed",
  "dgov init-plan NAME",
];

function rows({
  type,
  confidence,
  reason,
  src_dir,
  test_dir,
  commands,
  ignore_files,
}: NonNullable<InitView["detected"]>) {
  const shown = (command: string) => (command === "" ? "(not configured)" : command);
  return [
    ["language", type],
    ["confidence", `${confidence} (${reason})`],
    ["src_dir", src_dir],
    ["test_dir", test_dir],
    ["test_cmd", shown(commands.test_cmd)],
    ["lint_cmd", shown(commands.lint_cmd)],
    ["type_check_cmd", shown(commands.type_check_cmd)],
    ["setup_cmd", shown(commands.setup_cmd)],
    ["ignored", ignore_files.join(", ") || "(nothing)"],
  ];
}
