import { counted } from "@dgov/governor/counted";
import { DgovError } from "@dgov/governor/error";
import { preflight as judge, type PreflightView, type Question } from "@dgov/governor/preflight";
import { AHEAD_MAX_MS, type LookedAhead, lookAhead } from "@dgov/governor/preflight_ahead";
import { HOOK_HOMES, type HookView, setHook } from "@dgov/governor/preflight_hook";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { preflightAnnotations, preflightSarif } from "../preflight_reports.ts";
import { preflightExit, renderPreflight } from "../preflight_text.ts";

type Judged = PreflightView & { as: "text" | "sarif" | "github"; version: string };
/** `looked_ahead`: only where symbols are wanted. */
type Hook = HookView & { looked_ahead: LookedAhead | null };
type Shown = Judged | (Hook & { as: "hook" });

export const preflight = defineCommand({
  name: "preflight",
  summary: "Judge what is staged by the gates of settlement, before it is committed",
  details:
    "The gates see a checkout of the very tree, in a place of their own: nothing is stashed, and nothing is written in the\n" +
    "working tree or the index. The configuration is that of HEAD. A tree that was judged before is not judged again.\n" +
    "Exits with 0 when it passes, 1 when a gate refuses it or has no answer, and 5 when a tool is missing.",
  examples: ["dgov preflight", "dgov preflight --range main..topic --github", "dgov preflight --install"],
  args: z.strictObject({}),
  flags: z.strictObject({
    all: z.boolean().default(false).describe("Judge the working tree, with all that git does not ignore"),
    range: z.string().optional().describe("Judge what B would be on top of A, as A..B, by the configuration of A"),
    fresh: z.boolean().default(false).describe("Judge again what was judged before"),
    symbols: z.boolean().default(false).describe("Say which symbols it touches"),
    install: z
      .boolean()
      .default(false)
      .describe(
        "Have git ask it before each commit, beside the hooks that are there; with --symbols it says those, too, and HEAD is looked at now, so that commits need not",
      ),
    uninstall: z.boolean().default(false).describe("Take out what --install added"),
    into: z.enum(HOOK_HOMES).optional().describe("Who runs the hooks; by default whoever is there"),
    sarif: z.boolean().default(false).describe("As SARIF 2.1.0, for code scanning and editors"),
    github: z.boolean().default(false).describe("As annotations of a GitHub workflow"),
  }),
  async run(flags, { cwd, env, self, now_ms, signal, version, stderr }): Promise<Shown> {
    const { all, range, fresh, symbols, sarif, github, install, uninstall, into } = flags;
    refuseMixed(flags);
    if (install || uninstall) {
      const hook = await setHook({ cwd, env, self }, { install, home: into ?? null, symbols });
      const begins = (files: number) => files >= MANY && stderr(aheadBegins(files));
      const looked_ahead = install && symbols ? await lookAhead({ cwd, env, self, now_ms, signal, begins }) : null;
      return { ...hook, looked_ahead, as: "hook" };
    }
    const asked = { question: questionOf(all, range), fresh, touches: symbols };
    const view = await judge({ cwd, env, self, now_ms, signal, version }, asked);
    return { ...view, as: sarif ? "sarif" : github ? "github" : "text", version };
  },
  text(view: Shown) {
    if (view.as === "hook") return renderHook(view);
    if (view.as === "sarif") return JSON.stringify(preflightSarif(view, view.version), null, 2);
    return view.as === "github" ? preflightAnnotations(view) : renderPreflight(view);
  },
  exit: (view: Shown) => (view.as === "hook" ? 0 : preflightExit(view)),
});

type Flags = { install: boolean; uninstall: boolean; symbols: boolean } & {
  [flag in "into" | (typeof JUDGING)[number]]?: boolean | string | undefined;
};
/** They say what is judged now, and how it is told. */
const JUDGING = ["all", "range", "fresh", "sarif", "github"] as const;

/** @throws DgovError `usage` for flags of which one would have no effect */
function refuseMixed(flags: Flags): void {
  const { install, uninstall, into, symbols } = flags;
  if (install && uninstall)
    throw new DgovError("usage", "Cannot install the hook and take it out: it is one or the other");
  const idle = JUDGING.find((flag) => flags[flag] !== undefined && flags[flag] !== false);
  if ((install || uninstall) && idle !== undefined)
    throw new DgovError("usage", `Cannot use --${idle} for the hook: it judges what is staged, and tells it as text`);
  if (uninstall && symbols)
    throw new DgovError("usage", "Cannot use --symbols with --uninstall: the whole hook is taken out");
  if (into !== undefined && !(install || uninstall))
    throw new DgovError("usage", "Cannot use --into without --install or --uninstall: it says where the hook goes");
}

const WORDS = {
  hooks: "git runs it from",
  husky: "husky runs it from",
  lefthook: 'lefthook runs it (after "lefthook install") from',
  "pre-commit": 'pre-commit runs it (after "pre-commit install") from',
};

function renderHook({ home, installed, changed, files, looked_ahead }: Hook): string {
  const named = files.map(plain).join(" and ");
  if (!installed) return changed ? `Taken out of ${named}` : "It is not installed: nothing to do";
  const where = `${changed ? "Installed" : "Already installed"}: ${home === null ? "" : WORDS[home]} ${named}`;
  return [where, ...(looked_ahead ? aheadText(looked_ahead) : [])].join("\n");
}

/** Less is there sooner than it is read. */
const MANY = 5_000;
const aheadBegins = (files: number): string =>
  `Looking at ${files} files of HEAD, for ${AHEAD_MAX_MS / 1000} s at most. Ctrl-C keeps what is done`;

function aheadText({ looked, left, took_ms }: LookedAhead): string[] {
  if (looked + left === 0) return [];
  const rest = left === 0 ? "" : `; ${counted(left, "file")} are left for the commits that change them`;
  return [
    `Looked at ${counted(looked, "file")} of HEAD in ${(took_ms / 1000).toFixed(1)} s, so that commits need not${rest}`,
  ];
}

function questionOf(all: boolean, range: string | undefined): Question {
  if (range === undefined) return { kind: all ? "all" : "staged" };
  if (!all) return { kind: "range", range };
  throw new DgovError("usage", `Cannot judge "${range}" and the working tree: it is one or the other`);
}
