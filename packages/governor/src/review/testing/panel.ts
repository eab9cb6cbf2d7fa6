import type { EventKind, EventOf } from "@dgov/kernel";
import type { Model, Reply } from "@dgov/worker";
import type { Review } from "../../review_file.ts";
import { judge } from "../../settlement/judge.ts";
import { openShell } from "../../settlement/testing/isolation.ts";
import { eventsIn, openSite, workOf } from "../../testing/site.ts";
import { judgeByReview } from "../review.ts";

export type Place = Awaited<ReturnType<typeof openSite>>;
type Ask = Parameters<Model["complete"]>[0];
/** What a seat answers; each further call gets the next, and the last again. `tree` is the one it was asked about. */
export type Plays = readonly ((asked: { tree: string; ask: Ask }) => object | string | Promise<never>)[];

const open: Place[] = [];
/** To be called after each test. */
export async function closePanels(): Promise<void> {
  for (const { site, repo } of open.splice(0)) {
    await site.pool.close();
    repo.remove();
  }
}

const SEATS = ["oak", "elm", "yew"];
const yes = { vote: "approve", summary: "it is right", conditions: [] };
export const approve = ({ tree }: { tree: string }) => ({ tree, ...yes });
export const blocker = { severity: "blocker", path: "a.txt", line: 1, message: "it is two where three was asked" };
const no = { vote: "reject", summary: "no", findings: [blocker], conditions: [] };
export const reject = ({ tree }: { tree: string }) => ({ tree, ...no });
export const ballot =
  (more: object) =>
  ({ tree }: { tree: string }) => ({ tree, ...yes, summary: "s", ...more });

export type Laid = {
  more?: Partial<Review>;
  self?: true;
  approvals?: number;
  time_ms?: number;
  criteria?: readonly string[];
  charter?: string;
  text?: string; // that the author puts into `a.txt`
};

/** A candidate that writes `a.txt`, and a review of these seats. `heard`: what each seat was asked, by its name. */
export async function lay(
  plays: readonly Plays[],
  { approvals = plays.length, time_ms = 60_000, more = {}, self, criteria, charter, text = "two\n" }: Laid = {},
) {
  const seats = plays.map((_, at) => ({ provider: "p", agent: `m-${SEATS[at]}`, family: SEATS[at]!, look_for: "" }));
  const seated = seats.map((seat, at) => ({ name: SEATS[at]!, ...seat })).slice(0, self ? -1 : undefined);
  const rules: Review = { approvals, turns: 4, time_ms, seats: seated, ...more };
  const review = rules.seats.length === 0 ? null : rules;
  const place = await openSite({ files: { "a.txt": "one\n", "gone.txt": "x\ny\n" }, rules: { review } });
  open.push(place);
  const heard: Record<string, Ask[]> = {};
  const { site } = place;
  if (charter !== undefined) site.charter = charter;
  if (criteria !== undefined) site.plan.tasks[0]!.review.criteria = criteria;
  site.jail = { ...site.jail, start: async ({ root }) => ({ ...openShell(root, place.repo.folder), call: shows }) };
  const author = { provider: { name: "p" } as never, agent: "m", price: null, route: null, program: null };
  if (self) site.models.binding = () => author;
  if (self) site.plan.tasks[0]!.review.self_review = true;
  site.models = {
    ...site.models,
    seat: (name) => ({ provider: { name: "p" } as never, agent: `m-${name}`, price: null, route: null, program: null }),
    seatModel: (name) =>
      playing(plays[name === "self" ? plays.length - 1 : SEATS.indexOf(name)]!, (ask) => {
        heard[name] = [...(heard[name] ?? []), ask];
      }),
  };
  await workOf(place, { "a.txt": text });
  const judged = (signal = new AbortController().signal) =>
    judge(site, { do: "judge", task: place.task, attempt: 1 }, signal, judgeByReview);
  return { ...place, heard, judged };
}

/**
 * A run that is stopped the first time that `elm` is at `waits`, which answers nothing then and `then` later, and gone on with.
 * `voted`: who had voted when it was stopped; `asked`: how often `oak` and `elm` were asked in all.
 */
export async function goneOnWith(then: Plays[number], elm: (waits: Plays[number]) => Plays[number], laid?: Laid) {
  const stop = new AbortController();
  const waits: Plays[number] = (asked) => {
    if (stop.signal.aborted) return then(asked);
    void stopOnceOakHasVoted();
    return new Promise<never>(() => undefined);
  };
  const place = await lay([[approve], [elm(waits)]], laid);
  const stopOnceOakHasVoted = async () => {
    const votes = () => of(place, "seat_voted").filter(({ seat }) => seat === "oak").length;
    while (votes() < of(place, "review_opened").length) await Bun.sleep(5);
    stop.abort("SIGINT");
  };
  await place.judged(stop.signal);
  const voted = of(place, "seat_voted").map(({ seat, vote }) => `${seat} ${vote}`);
  const { session } = place.site;
  session.record({ kind: "run_interrupted", signal: "SIGINT" });
  session.record({ kind: "run_resumed", head: place.head });
  await place.judged();
  return { came_to: outcome(place), voted, asked: [place.heard.oak?.length, place.heard.elm?.length] };
}

/** What each tool but one answers. */
const shows = async (tool: string) => ({ ok: tool !== "grep", text: "what is there" });

function playing(plays: Plays, hears: (ask: Ask) => void): Model {
  let nth = 0;
  return {
    async complete(ask) {
      hears(ask);
      const tree = /Tree that would land: (\w+)/.exec(ask.messages[1]?.text ?? "")?.[1] ?? "";
      const play = plays[Math.min(nth++, plays.length - 1)];
      const said = await play?.({ tree, ask });
      const tokens = { input: 10, output: 5, estimated: false };
      if (typeof said === "string") return { text: said, calls: [], tokens, finish: "stop" } satisfies Reply;
      if (said && "ended" in said) return said as never;
      if (said && "use" in said) return used(`c${nth}`, String(said.use), tokens);
      const input = said && "raw" in said ? String(said.raw) : JSON.stringify(said);
      return { text: "", calls: [{ id: `c${nth}`, tool: "submit_review", input }], tokens, finish: "calls" };
    },
  };
}

const used = (id: string, tool: string, tokens: Reply["tokens"]): Reply => {
  const input = JSON.stringify(tool === "grep" ? { pattern: "x" } : tool === "list_dir" ? {} : { path: "a.txt" });
  return { text: "", calls: [{ id, tool, input }], tokens, finish: "calls" };
};

export const of = <Kind extends EventKind>({ log }: Pick<Place, "log">, kind: Kind): EventOf<Kind>[] =>
  eventsIn(log).filter((event): event is EventOf<Kind> => event.kind === kind);

/** What became of the candidate: `passed`, or cause and codes. */
export function outcome(place: Pick<Place, "log">): string {
  const last = eventsIn(place.log).at(-1);
  if (last?.kind === "candidate_passed") return "passed";
  if (last?.kind === "attempt_failed") return `failed ${last.cause}`;
  if (last?.kind !== "candidate_rejected") return `nothing, but ${last?.kind}`;
  return [last.gate, last.cause, last.blame, ...last.findings.map(({ code }) => code)].join(" ");
}
