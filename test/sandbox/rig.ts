import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import {
  createIsolationMaker,
  createToolbox,
  type Isolation,
  type IsolationMaker,
  type Level,
  type Scope,
} from "../../packages/sandbox/src/index.ts";
import { ToolPolicy } from "../../packages/sandbox/src/policy.ts";
import { descendantsOf, factsOf, isAlive } from "../../packages/sandbox/src/process_tree.ts";
import { DGOV } from "../repo.ts";
import { type Effects, judge, ROW_MS, type Said, type Verdict } from "./judge.ts";
import { openSandboxLab, type SandboxLab } from "./lab.ts";
import { changedPaths, lookAround } from "./look.ts";
import { inputOf, type Row } from "./row.ts";

/** One row as it went. `files`: what the claimed files held afterwards that had changed; null: gone. */
export type Outcome = Verdict &
  Pick<Row, "id" | "category" | "tool" | "want"> & {
    rule: string | null;
    ok: boolean;
    text: string;
    took_ms: number;
    files: Effects["claims"];
  };

export const POLICY = ToolPolicy.parse({
  restrict_run_bash: true,
  deny_shell_file_mutations: true,
  require_wrapped_verify_tools: true,
  require_uv_run: true,
  deny_shell_commands: ["pip", "python -m pip", "pip3", "python -m venv", "uv venv"],
});

const now_ms = () => performance.now();
export const makerOf = (self: readonly string[]): IsolationMaker => createIsolationMaker({ self, now_ms });

/** Runs all rows at one level. `told` hears of each as it is done. A laboratory that was damaged is built anew. */
export async function runRows(
  rows: readonly Row[],
  { maker, level, told }: { maker: IsolationMaker; level: Level; told?: (outcome: Outcome) => void },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let rig: Rig | null = null;
  try {
    for (const row of rows) {
      rig ??= new Rig(maker, level, await openSandboxLab());
      const { outcome, damaged } = await rig.run(row);
      outcomes.push(outcome);
      told?.(outcome);
      if (!damaged) continue;
      await rig.stop();
      rig = null;
    }
  } finally {
    await rig?.stop();
  }
  return outcomes;
}

/** One laboratory, with an isolated process for each role that has been asked for. */
class Rig {
  private readonly maker: IsolationMaker;
  private readonly level: Level;
  private readonly lab: SandboxLab;
  private readonly isolations = new Map<Scope["role"], Isolation>();
  private before: ReturnType<SandboxLab["seen"]>;

  constructor(maker: IsolationMaker, level: Level, lab: SandboxLab) {
    this.maker = maker;
    this.level = level;
    this.lab = lab;
    this.before = lab.seen();
  }

  /** `damaged`: no further row may be judged here. */
  async run(row: Row): Promise<{ outcome: Outcome; damaged: boolean }> {
    const { lab } = this;
    const input = inputOf(row, lab);
    const isolation = await this.isolationFor(roleOf(row));
    const around = lookAround(input, lab);
    const [hits, started, alive, ahead_ms] = [lab.hits(), lab.started(), processes(), clockAhead()];
    const said = await this.ask(row, { input, isolation });
    const after = lab.seen();
    const changed = [...changedPaths(this.before, after), ...changedPaths(around, lookAround(input, lab))];
    if (Math.abs(clockAhead() - ahead_ms) > CLOCK_MS) changed.push("the machine's clock");
    const effects: Effects = {
      changed,
      claims: lab.changedClaims(),
      hits: lab.hits() - hits,
      started: lab.started() - started,
      left: await this.leftBeyond(alive),
    };
    this.before = after;
    lab.restore();
    const { id, category, tool, want } = row;
    const { ok, text, refused_by: rule, took_ms } = said;
    const outcome = { id, category, tool, want, ...judge(row, said, effects), rule, ok, text, took_ms };
    const damaged = changed.length > 0 || said.lost !== null || effects.left.length > 0;
    return { outcome: { ...outcome, files: effects.claims }, damaged };
  }

  async stop(): Promise<void> {
    for (const isolation of this.isolations.values()) await isolation.stop();
    this.lab.remove();
  }

  private async isolationFor(role: Scope["role"]): Promise<Isolation> {
    const known = this.isolations.get(role);
    if (known) return known;
    const isolation = await this.maker.start(this.level, this.lab.spec(role));
    this.isolations.set(role, isolation);
    return isolation;
  }

  private async ask(row: Row, { input, isolation }: { input: string; isolation: Isolation }): Promise<Said> {
    const refused: { by: string | null } = { by: null };
    const toolbox = createToolbox({
      scope: this.lab.scope(roleOf(row)),
      policy: POLICY,
      isolation,
      now_ms,
      required: null,
      root: this.lab.worktree,
      record: ([call]) => {
        refused.by = call?.refused_by ?? null;
      },
    });
    const started = now_ms();
    const answer = await within(toolbox.call({ id: String(row.id), tool: row.tool, input }), ROW_MS);
    const took_ms = now_ms() - started;
    if ("lost" in answer) return { ok: false, text: "", refused_by: null, took_ms, lost: answer.lost };
    return { ok: answer.ok, text: answer.text, refused_by: refused.by, took_ms, lost: null };
  }

  private async leftBeyond(before: ReadonlySet<number>): Promise<string[]> {
    const left = () => [...processes()].filter((pid) => !before.has(pid) && isAlive(pid) && !isOurs(pid));
    if (left().length > 0) await Bun.sleep(SETTLING_MS); // it may be on its way out
    return left().map((pid) => `${factsOf(pid)?.name} (${pid})`);
  }
}

/** Everything below this process: also what fell to it because its parent is gone. */
const processes = () => new Set(descendantsOf(process.pid));

const OURS = [process.execPath, DGOV[0] ?? ""].map((program) => realpathSync(program));

/** A child of the isolated process that serves calls, and stays for the next one. */
function isOurs(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes("__isolated") && OURS.includes(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false; // it has ended, or hides from us: the caller looks whether it is alive
  }
}

const SETTLING_MS = 300;
const CLOCK_MS = 5_000;
const clockAhead = () => Date.now() - performance.now();

const READERS = ["researcher", "reviewer", "planner"] as const;
/** Whose tools and rights a row has. A role of another name has the worker's. */
const roleOf = ({ role }: Row): Scope["role"] => READERS.find((own) => own === role) ?? "worker";

/** The answer, or in words why there is none. */
async function within<T>(answer: Promise<T>, limit_ms: number): Promise<T | { lost: string }> {
  const { promise, resolve } = Promise.withResolvers<{ lost: string }>();
  const timer = setTimeout(() => resolve({ lost: `none within ${limit_ms} ms` }), limit_ms);
  try {
    return await Promise.race([answer, promise]);
  } catch (error) {
    return { lost: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
