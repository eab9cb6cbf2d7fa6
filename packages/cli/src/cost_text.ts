import type { Cost, CostEstimate, CostSum } from "@dgov/governor/cost";
import { counted } from "@dgov/governor/counted";
import { sayMoney } from "@dgov/governor/money";
import { plain } from "./ansi.ts";
import { columns } from "./print.ts";

/** What a run has cost, for a person: the sum, what it is made of, and how much of each ceiling is spent. */
export function renderCost(cost: Cost | null): string {
  if (!cost) return "Nothing was ever run here";
  const { run, plan, currency, total, by, rows, limits } = cost;
  const head = `Run ${run} of "${plain(plan)}": ${counted(total.calls, "call")}, ${sayCost(total, currency)}`;
  const unseen = cost.unmetered.map(
    ({ agent, attempts }) =>
      `Not counted: what ${counted(attempts, "attempt")} of the program "${plain(agent)}" cost, whose calls dgov does not see`,
  );
  if (total.calls === 0) return [head, ...unseen].join("\n");
  const table = [
    [by, "calls", "input", "cached", "output", "cost"],
    ...[...rows, { key: "total", ...total }].map((row) => [
      plain(row.key),
      ...[row.calls, row.input_tokens, row.cached_tokens, row.output_tokens].map(String),
      sayCost(row, currency),
    ]),
  ];
  const { tokens, cost_micros, calls } = limits;
  const used = total.input_tokens + total.output_tokens;
  const ceilings = [
    ...(cost_micros === null
      ? []
      : [`${sayMoney(total.cost_micros ?? 0, currency)} of ${sayMoney(cost_micros, currency)}`]),
    ...(tokens === null ? [] : [`${used} of ${tokens} tokens`]),
    ...(calls === null ? [] : [`${total.calls} of ${calls} calls`]),
  ];
  return [
    head,
    columns(table, "  "),
    ...(ceilings.length > 0 ? [`Of the run's ceilings: ${ceilings.join(", ")}`] : []),
    ...(total.unsettled_calls > 0
      ? [`${total.unsettled_calls} calls were never settled: they count as the most they can have cost`]
      : []),
    ...unseen,
  ].join("\n");
}

/** What calls cost, and how many of them nobody can tell. */
export function sayCost(
  { cost_micros, unpriced_calls }: Pick<CostSum, "cost_micros" | "unpriced_calls">,
  currency: string,
): string {
  if (cost_micros === null) return "unpriced";
  const rest = unpriced_calls > 0 ? ` and ${counted(unpriced_calls, "call")} unpriced` : "";
  return `${sayMoney(cost_micros, currency)}${rest}`;
}

const LIKE = { task: "this task", model: "the role and model", role: "the role" } as const;

/** What a plan is likely to cost, and of what nobody can say. */
export function renderEstimate({
  plan,
  currency,
  tasks,
  cost_micros,
  unknown,
  unpriced,
  limits,
}: CostEstimate): string {
  const number = (value: number | null) => (value === null ? "?" : String(value));
  const rows = tasks.map((task) => [
    plain(task.task),
    plain(task.model),
    number(task.calls),
    number(task.input_tokens),
    number(task.output_tokens),
    task.price === null ? "unpriced" : task.cost_micros === null ? "?" : sayMoney(task.cost_micros, currency),
    task.like === null ? "nothing like it was run" : `${task.samples} before, by ${LIKE[task.like]}`,
  ]);
  const sum = cost_micros === null ? "unknown" : `about ${sayMoney(cost_micros, currency)}`;
  const beside = [
    ...(unknown.length > 0 ? [`${unknown.length} of ${tasks.length} tasks unknown`] : []),
    ...unpriced.map((model) => `"${plain(model)}" unpriced`),
  ];
  return [
    `Plan "${plain(plan)}" is likely to cost: ${[sum, ...beside].join(", ")}`,
    columns([["task", "model", "calls", "input", "output", "cost", "known from"], ...rows], "  "),
    ...(limits.cost_micros === null
      ? []
      : [
          `The run may cost ${sayMoney(limits.cost_micros, currency)} at the most${(cost_micros ?? 0) > limits.cost_micros ? ": it is likely to end before all is done" : ""}`,
        ]),
  ].join("\n");
}
