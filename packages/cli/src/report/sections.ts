import { counted } from "@dgov/governor/counted";
import type { ReportedTask, RunReport } from "@dgov/governor/report";
import { sayWhole } from "@dgov/governor/whole_text";
import { sayCost } from "../cost_text.ts";

/** A part of a report in plain words, whatever it is written as. `good` null: there is nothing good or bad about it. */
export type Section = {
  title: string;
  depth: 1 | 2;
  good: boolean | null;
  said: readonly string[];
  heads: readonly string[];
  rows: readonly (readonly string[])[];
};

const FILES_SHOWN = 20;
const SHORT = 12;

/** What a report says, part by part. */
export function sectionsOf(report: RunReport): Section[] {
  return [
    theRun(report),
    ground(report),
    landed(report),
    models(report),
    ...report.tasks.map((task) => taskOf(task, report)),
    notSaid(report),
  ];
}

const section = (title: string, more: Partial<Section>): Section => ({
  ...{ title, depth: 1, good: null, said: [], heads: [], rows: [] },
  ...more,
});

function theRun({ account, tasks, cost }: RunReport): Section {
  const { whole, run, plan, hashes, source, target, base, began_at, ended_at, status, jails } = account;
  const done = tasks.filter((task) => task.status === "deployed").length;
  return section("The run", {
    said:
      whole === null
        ? []
        : whole.verdict === "pass"
          ? [`Every gate passes on all of it together (${whole.head.slice(0, SHORT)}).`]
          : sayWhole(whole),
    good: status === "unfinished" ? null : status === "complete",
    heads: ["what", "is"],
    rows: [
      ["plan", plan],
      ["run", run],
      ["status", `${status}: ${done} of ${counted(tasks.length, "task")} landed`],
      ["began", `${began_at}, asked for by ${source}`],
      ["ended", ended_at ?? "it is not over"],
      ["target", `${target}, from ${base.slice(0, SHORT)}`],
      [
        "jail",
        jails.map(({ level, detail }) => (detail === "" ? level : `${level} (${detail})`)).join(", ") ||
          "none was chosen",
      ],
      ["cost", `${sayCost(cost.total, cost.currency)}, ${counted(cost.total.calls, "call")}`],
      ["plan's hash", hashes.plan],
      ["configuration's hash", hashes.config],
    ],
  });
}

function ground({ ground: known, receipts, sound }: RunReport): Section {
  const { events, first, last, root, fault, follows, signed } = known;
  return section("What this rests on", {
    good: sound,
    said: [
      fault === null ? "The log is what was written." : `The log is not what was written: ${fault}`,
      follows
        ? "Every decision in it follows from the facts before it."
        : "Not every decision in it follows from the facts before it.",
      ...ballots(receipts),
      ...signature(signed),
    ],
    heads: ["of the log", "is"],
    rows: [
      ["events of the run", `${events}, from ${first.seq} to ${last.seq}`],
      ["hash of the first", first.hash],
      ["hash of the last", last.hash],
      ["root of all hashes", root],
    ],
  });
}

/** What is not there any more speaks against nobody. */
function ballots(receipts: RunReport["receipts"]): string[] {
  if (receipts.length === 0) return [];
  const of = (state: (typeof receipts)[number]["state"]) => receipts.filter((one) => one.state === state);
  const failed = of("verification_failed").map(({ task, attempt, seat }) => `${seat} on ${task}, attempt ${attempt}`);
  return [
    `Of ${counted(receipts.length, "ballot")} ${of("verified").length} are kept as they were given, and ${of("absent").length} are no longer kept.`,
    ...(failed.length === 0 ? [] : [`Not what was given: ${failed.join("; ")}.`]),
  ];
}

function signature(signed: RunReport["ground"]["signed"]): string[] {
  if (signed === null) return ["No attestation was given: nobody has signed for this report."];
  if (!signed.holds) return [`The attestation does not hold: ${signed.why ?? ""}`];
  if (!signed.same) return ["The attestation holds, and is of another run or of another log of it."];
  return [
    `The attestation holds: ${counted(signed.signed_by.length, "trusted key")} of ${signed.needed} needed signed it (${signed.signed_by.join(", ")}).`,
  ];
}

function landed({ tasks, landed: commits }: RunReport): Section {
  return section("What landed", {
    heads: ["task", "state", "commit", "changed", "by", "judges"],
    rows: tasks.map((task) => [
      task.task,
      task.status.replaceAll("_", " "),
      task.commit === null ? "" : `${task.commit.slice(0, SHORT)} ${commits[task.commit]?.message ?? ""}`.trim(),
      changed(task, commits),
      task.carried ? "an earlier run" : (task.attempts.at(-1)?.model ?? ""),
      judges(task),
    ]),
  });
}

function changed({ commit, reported }: ReportedTask, commits: RunReport["landed"]): string {
  if (commit === null) return "";
  if (reported) return "nothing: it only reports";
  const stat = commits[commit]?.diff_stat;
  return stat
    ? `${counted(stat.files_changed, "file")}, +${stat.insertions} −${stat.deletions}`
    : "the commit is not here";
}

function judges({ gates, votes }: ReportedTask): string {
  const told = (["pass", "reject", "broken"] as const).flatMap((verdict) => {
    const names = gates.filter((gate) => gate.verdict === verdict).map(({ gate }) => gate);
    return names.length === 0 ? [] : [`${verdict}: ${names.join(", ")}`];
  });
  const approved = votes.filter(({ vote }) => vote === "approve").length;
  return [...told, ...(votes.length === 0 ? [] : [`${approved} of ${votes.length} reviewers approve`])].join("; ");
}

function models({ models: all, cost }: RunReport): Section {
  return section("By whom", {
    said: all.length === 0 ? ["No model took part."] : [],
    heads: ["model", "as", "attempts", "votes", "calls", "tokens in", "tokens out", "cost"],
    rows: all.map(({ model, roles, attempts, votes, cost: own }) => [
      model,
      roles.join(", "),
      `${attempts}`,
      `${votes}`,
      `${own?.calls ?? 0}`,
      `${own?.input_tokens ?? 0}`,
      `${own?.output_tokens ?? 0}`,
      own === null ? "no call" : sayCost(own, cost.currency),
    ]),
  });
}

function taskOf(task: ReportedTask, { landed: commits, cost }: RunReport): Section {
  const files = commits[task.commit ?? ""]?.files ?? [];
  const more = files.length - FILES_SHOWN;
  const attempts = task.attempts.map(({ attempt, model, tier, jails, tool_calls, refused_calls, route, end }) => {
    const confined = jails.length === 0 ? "" : `, confined by ${jails.join(" and ")}`;
    const by = route === null ? "" : ` (chosen by the rule "${route.rule}": ${route.why})`;
    return `Attempt ${attempt}: ${model}${by}, tier ${tier}, ${counted(tool_calls, "tool call")} of which ${refused_calls} refused${confined}: ${end}`;
  });
  return section(task.task, {
    depth: 2,
    good: task.status === "deployed" ? true : task.status === "failed" ? false : null,
    said: [
      ...(task.why === null ? [] : [task.why]),
      ...attempts,
      ...task.votes.map(
        ({ seat, model, family, vote, why }) =>
          `Reviewer ${seat} (${model}, family ${family}): ${vote}${why === null ? "" : `, ${why}`}`,
      ),
      ...(task.stated.length === 0 ? [] : [`Its worker states: ${task.stated.map(({ text }) => text).join("; ")}`]),
      ...(task.watched === null ? [] : [`Of its own tests: ${task.watched.text}`]),
      ...(files.length === 0
        ? []
        : [`Changed: ${files.slice(0, FILES_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`]),
      `Cost: ${sayCost(task.cost, cost.currency)}`,
    ],
    heads: task.gates.length === 0 ? [] : ["gate", "verdict", "command", "exit", "jail", "took"],
    rows: task.gates.map(({ gate, verdict, command, exit, level, took_ms }) => [
      gate,
      verdict,
      command ?? "",
      exit === null ? "" : `${exit}`,
      level ?? "",
      `${(took_ms / 1000).toFixed(2)} s`,
    ]),
  });
}

const notSaid = ({ does_not_say }: RunReport): Section =>
  section("What this does not say", { said: does_not_say.map((one) => `${one}.`) });
