import type { EventOf, Stored } from "@dgov/kernel";

/** How one tool was used. Keys that dgov 0.8 had keep their names; characters are those that the log has kept. */
export type ToolUse = {
  tool: string;
  calls: number;
  successes: number;
  failures: number;
  failure_rate: number; // of the calls
  policy_failures: number; // refused by a rule or a jail
  average_result_chars: number;
  average_duration_ms: number;
  roles: readonly string[];
  error_kinds: Readonly<Record<string, number>>; // by the rule that refused; `failed` for what no rule did
  top_error_kind: string | null;
};

export type ToolUses = {
  plan_name: string | null;
  role: string | null;
  total_calls: number;
  total_successes: number;
  total_failures: number;
  tools: readonly ToolUse[]; // the most used first, then by name
};

/** Conditions hold together. `limit` cuts the rows, and leaves the totals as they are. */
export type UseFilter = { plan: string | null; role: string | null; limit: number | null };

/** The kinds of event that the fold reads. */
export const USE_KINDS = ["run_started", "tool_called"] as const;

type Tally = { calls: number; chars: number; took_ms: number; roles: Set<string>; errors: Map<string, number> };
type Called = Pick<Stored, "run" | "event">;

/** Folds every run of a log into how its tools were used. */
export function toolUses(events: Iterable<Called>, { plan, role, limit }: UseFilter): ToolUses {
  const runs = new Map<string, EventOf<"run_started">>();
  const tallies = new Map<string, Tally>();
  for (const { run, event } of events) {
    if (event.kind === "run_started") runs.set(run, event);
    if (event.kind !== "tool_called") continue;
    const started = runs.get(run);
    const own = started?.tasks.find(({ id }) => id === event.task)?.role ?? "worker";
    const by = event.seat === undefined ? own : "reviewer";
    if ((plan === null || started?.plan === plan) && (role === null || by === role)) count(tallies, event, by);
  }
  const tools = [...tallies].map(rowOf).sort((a, b) => b.calls - a.calls || (a.tool < b.tool ? -1 : 1));
  const sum = (of: (row: ToolUse) => number) => tools.reduce((total, row) => total + of(row), 0);
  return {
    plan_name: plan,
    role,
    total_calls: sum(({ calls }) => calls),
    total_successes: sum(({ successes }) => successes),
    total_failures: sum(({ failures }) => failures),
    tools: limit === null ? tools : tools.slice(0, limit),
  };
}

function count(tallies: Map<string, Tally>, event: EventOf<"tool_called">, role: string): void {
  const { tool, ok, refused_by, text, took_ms } = event;
  const before = tallies.get(tool) ?? { calls: 0, chars: 0, took_ms: 0, roles: new Set(), errors: new Map() };
  const kind = refused_by ?? FAILED;
  if (!ok) before.errors.set(kind, (before.errors.get(kind) ?? 0) + 1);
  tallies.set(tool, {
    calls: before.calls + 1,
    chars: before.chars + text.length,
    took_ms: before.took_ms + took_ms,
    roles: before.roles.add(role),
    errors: before.errors,
  });
}

const FAILED = "failed";

function rowOf([tool, { calls, chars, took_ms, roles, errors }]: [string, Tally]): ToolUse {
  const kinds = [...errors].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  const failures = kinds.reduce((sum, [, times]) => sum + times, 0);
  return {
    tool,
    calls,
    successes: calls - failures,
    failures,
    failure_rate: failures / calls,
    policy_failures: failures - (errors.get(FAILED) ?? 0),
    average_result_chars: Math.round(chars / calls),
    average_duration_ms: Math.round(took_ms / calls),
    roles: [...roles].sort(),
    error_kinds: Object.fromEntries(kinds),
    top_error_kind: kinds[0]?.[0] ?? null,
  };
}
