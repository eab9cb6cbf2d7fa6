import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Event, EventOf } from "@dgov/kernel";
import { rederive } from "@dgov/kernel/rederive";
import { runLoop } from "../loop.ts";
import { performersOf } from "../perform.ts";
import { NOBODY } from "../steering/desk.ts";
import { type Frozen, idOf, layFrozen, settleAll } from "../testing/frozen.ts";
import { eventsIn } from "../testing/site.ts";
import { tell } from "../view/story.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const open: Frozen[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});
async function lay(laid: Parameters<typeof layFrozen>[0]): Promise<Frozen> {
  const place = await layFrozen(laid);
  open.push(place);
  return place;
}
const never = new AbortController().signal;

const of = <Kind extends Event["kind"]>(events: readonly Event[], kind: Kind) =>
  events.filter((event): event is EventOf<Kind> => event.kind === kind);
const slugs = (tasks: readonly { task: string }[]) => tasks.map(({ task }) => task.split(".")[1]).join(" ");
const agrees = (place: Frozen) => expect(rederive(place.log.read()).difference).toBeNull();
const eight = Object.fromEntries([..."abcdefgh"].map((slug) => [slug, { [`${slug}.txt`]: `${slug}\n` }]));
const logOf = async (place: Frozen, format: string) =>
  (await place.repo.user("log", "--reverse", `--format=${format}`, `${place.head}..main`)).split("\n");

describe("D13 several candidates are judged as one tree", () => {
  test("eight green ones are asked for once, and land as eight commits of which the last is what was judged", async () => {
    const place = await lay({ work: eight });
    const events = await settleAll(place);
    expect(place.runs()).toBe(1);
    expect(of(events, "run_ended")[0]?.status).toBe("complete");
    const [judged] = of(events, "batch_judged");
    expect(await logOf(place, "%s")).toEqual([..."abcdefgh"].map((slug) => `Do ${slug}`));
    expect(await logOf(place, "%(trailers:key=Dgov-Batch,valueonly,separator=)")).toEqual(Array(8).fill(place.head));
    expect(await place.repo.user("rev-parse", "main", "main^{tree}")).toBe(`${judged?.commit}\n${judged?.tree}`);
    for (const { commit } of of(events, "task_landed"))
      expect((await place.repo.user("show", "--format=", "--name-only", commit)).split("\n")).toHaveLength(1);
    agrees(place);
  });

  test("alone, each is asked for by itself", async () => {
    const place = await lay({ work: eight, batch: 1 });
    await settleAll(place);
    expect(place.runs()).toBeGreaterThanOrEqual(8); // one that was overtaken is asked once more
  });

  test("no more than the batch at once, in the order of the plan", async () => {
    const place = await lay({ work: eight, batch: 3 });
    const events = await settleAll(place);
    expect(of(events, "batch_begun").map(({ tasks }) => slugs(tasks))).toEqual(["a b c", "d e f", "g h"]);
    expect(place.runs()).toBe(3);
    agrees(place);
  });

  test("each one's own test is asked for", async () => {
    const place = await lay({
      work: { a: { "a.txt": "x" }, b: { "b.txt": "x" } },
      own: { a: "ls a.txt", b: "ls no-such.txt" },
    });
    const events = await settleAll(place);
    expect(of(events, "batch_judged").map(({ verdict }) => verdict)).toEqual(["reject"]);
    expect(slugs(of(events, "candidate_rejected"))).toBe("b");
    expect(slugs(of(events, "task_landed"))).toBe("a");
  });

  test("a commit of somebody else in between: all are judged again, and none has landed by half", async () => {
    const place = await lay({ work: { a: { "a.txt": "x" }, b: { "b.txt": "x" } } });
    const performers = performersOf(place.site);
    let times = 0;
    await runLoop(
      place.site.session,
      {
        ...performers,
        async land(action, signal) {
          times += 1;
          if (times === 1) await place.repo.commit({ "z.txt": "moved\n" }, "by a person");
          await performers.land(action, signal);
        },
      },
      never,
      NOBODY,
    );
    await place.site.pool.close();
    const events = eventsIn(place.log);
    expect(slugs(of(events, "candidate_stale"))).toBe("a b");
    expect(place.runs()).toBe(2);
    expect(await logOf(place, "%s")).toEqual(["by a person", "Do a", "Do b"]);
    agrees(place);
  });

  test("while the run is being stopped nothing is said of the batch, and the next run judges the same", async () => {
    const place = await lay({ work: { a: { "a.txt": "x" }, b: { "b.txt": "x" } }, test: "sleep 2" });
    const user = new AbortController();
    const { jail } = place.site;
    const { start } = jail;
    place.site.jail = {
      ...jail,
      start: async (spec) => {
        user.abort("SIGINT");
        return start(spec);
      },
    };
    const events = await settleAll(place, user.signal);
    expect(of(events, "batch_begun")).toHaveLength(1);
    expect(of(events, "batch_judged")).toHaveLength(0);
    expect(place.site.session.run.tasks.map(({ state }) => state)).toEqual(["judging", "judging"]);
  });
});

describe("D15 a batch that is refused is halved until it is known whose doing it is", () => {
  test("the green rest lands, and the red one is refused alone, as its own doing", async () => {
    const work = Object.fromEntries([..."abcd"].map((slug) => [slug, { [`${slug}.txt`]: slug === "c" ? "bad" : "x" }]));
    const place = await lay({ work, test: "! grep -q bad *.txt" });
    const events = await settleAll(place);
    expect(of(events, "batch_begun").map(({ tasks }) => slugs(tasks))).toEqual(["a b c d", "a b", "c d"]);
    expect(of(events, "batch_judged").map(({ verdict }) => verdict)).toEqual(["reject", "pass", "reject"]);
    expect(of(events, "candidate_rejected").map(({ task, gate, blame }) => [slugs([{ task }]), gate, blame])).toEqual([
      ["c", "tests", "task"],
    ]);
    expect(await logOf(place, "%s")).toEqual(["Do a", "Do b", "Do d"]);
    agrees(place);
  });

  test("two that are red only together: the first lands, and the other's refusal names it", async () => {
    const place = await lay({
      work: { a: { "a.txt": "x" }, b: { "b.txt": "one" }, c: { "c.txt": "x" }, d: { "d.txt": "two" } },
      test: "! { grep -q one b.txt && grep -q two d.txt; }",
    });
    const events = await settleAll(place);
    expect(slugs(of(events, "task_landed"))).toBe("a b c");
    const [refused] = of(events, "candidate_rejected");
    const landed = of(events, "task_landed").find(({ task }) => task === idOf("b"));
    expect(refused).toMatchObject({
      task: idOf("d"),
      gate: "tests",
      blame: "integration",
      clash: { task: idOf("b"), commit: landed?.commit },
    });
    expect(refused && tell(refused)?.text).toContain(`"${idOf("b")}"`);
    agrees(place);
  });

  test("a gate that cannot answer lets none of them pass", async () => {
    const place = await lay({ work: { a: { "a.txt": "x" }, b: { "b.txt": "x" } }, test: "no-such-runner" });
    const events = await settleAll(place);
    expect(of(events, "batch_judged").map(({ verdict }) => verdict)).toEqual(["broken"]);
    expect(of(events, "candidate_rejected").map(({ cause }) => cause)).toEqual(["broken", "broken"]);
    expect(await place.repo.user("rev-parse", "main")).toBe(place.head);
    agrees(place);
  });
});

describe("who does not fit is judged alone, and holds up nobody", () => {
  test("what cannot be put on top of another one lands after it or is refused for it", async () => {
    const place = await lay({
      files: { "a.txt": "one\n" },
      work: { a: { "a.txt": "two\n" }, b: { "a.txt": "three\n" }, c: { "c.txt": "x" } },
    });
    const events = await settleAll(place);
    const [begun] = of(events, "batch_begun");
    expect([slugs(begun?.tasks ?? []), slugs(begun?.apart ?? []), begun?.apart[0]?.gate]).toEqual([
      "a c",
      "b",
      "integration",
    ]);
    expect(of(events, "candidate_rejected").map(({ task, cause }) => [slugs([{ task }]), cause])).toEqual([
      ["b", "text_conflict"],
    ]);
    expect(slugs(of(events, "task_landed"))).toBe("a c");
    agrees(place);
  });

  test("a change that nobody claimed is refused as ever, and in no batch", async () => {
    const place = await lay({
      work: { a: { "x.txt": "x" }, b: { "b.txt": "x" }, c: { "b.txt": "x" } },
      claims: ["b.txt"],
    });
    const events = await settleAll(place);
    expect(of(events, "candidate_rejected")[0]).toMatchObject({ task: idOf("a"), cause: "scope", blame: "task" });
    expect(slugs(of(events, "task_landed"))).toBe("b c");
    expect(place.runs()).toBe(1);
    agrees(place);
  });

  test("when none fits, the first is told why", async () => {
    const place = await lay({ work: { a: { "x.txt": "x" }, b: { "y.txt": "x" } }, claims: ["b.txt"] });
    const events = await settleAll(place);
    expect(of(events, "batch_begun")[0]).toMatchObject({ tasks: [{ task: idOf("a") }], apart: [{ task: idOf("b") }] });
    expect(slugs(of(events, "candidate_rejected"))).toBe("a b");
    expect(slugs(of(events, "gate_judged"))).toBe("a b"); // in the batch nothing was held against them
    agrees(place);
  });
});

describe("D13 E4 a batch is reviewed", () => {
  /** Three candidates and one seat, who refuses the task of this letter. `asked`: the trees it was asked about, in order. */
  async function layReviewed(refuses: string) {
    const place = await lay({ work: { a: { "a.txt": "x\n" }, b: { "b.txt": "x\n" }, c: { "c.txt": "x\n" } } });
    const seats = [{ name: "oak", provider: "p", agent: "m", family: "oak", look_for: "" }];
    const { site } = place;
    site.project.rules = { ...site.project.rules, review: { approvals: 1, turns: 2, time_ms: 60_000, seats } };
    const asked: string[] = [];
    site.models = {
      ...site.models,
      seat: () => ({ provider: { name: "p" } as never, agent: "m", price: null, route: null, program: null }),
      seatModel: () => ({
        async complete({ messages }) {
          const goal = messages[1]?.text ?? "";
          const tree = /Tree that would land: (\w+)/.exec(goal)?.[1] ?? "";
          asked.push(tree);
          const path = `${refuses}.txt`;
          const finding = { severity: "blocker", path, line: 1, message: "It says x" };
          const bad = goal.includes(`- added: "${path}"`);
          const ballot = {
            tree,
            vote: bad ? "reject" : "approve",
            summary: "s",
            findings: bad ? [finding] : [],
            conditions: [],
          };
          const calls = [{ id: "c1", tool: "submit_review", input: JSON.stringify(ballot) }];
          return { text: "", calls, tokens: { input: 1, output: 1, estimated: false }, finish: "calls" as const };
        },
      }),
    };
    return { place, asked };
  }

  test("each on top of those before it: the votes are on the very trees that land, and the commands ran once", async () => {
    const { place, asked } = await layReviewed("none");
    const events = await settleAll(place);
    expect([place.runs(), slugs(of(events, "task_landed"))]).toEqual([1, "a b c"]);
    expect(await logOf(place, "%T")).toEqual(of(events, "seat_voted").map(({ tree }) => tree));
    expect(asked).toEqual(of(events, "seat_voted").map(({ tree }) => tree));
    expect(of(events, "gate_judged").filter(({ gate }) => gate === "review").length).toBe(3);
    agrees(place);
  });

  test("who is refused does not land, the others do, and nobody is asked twice about the same trees", async () => {
    const { place, asked } = await layReviewed("b");
    const events = await settleAll(place);
    expect(slugs(of(events, "task_landed"))).toBe("a c");
    expect(of(events, "batch_judged")[0]).toMatchObject({ verdict: "reject" });
    const [rejected, ...others] = of(events, "candidate_rejected");
    expect([rejected, others]).toMatchObject([{ task: idOf("b"), gate: "review", cause: "review", blame: "task" }, []]);
    expect([asked.length, new Set(asked).size]).toEqual([3, 3]);
    agrees(place);
  });

  test("a seat without a vote has approved nothing", async () => {
    const { place } = await layReviewed("none");
    place.site.models = {
      ...place.site.models,
      seatModel: () => ({ complete: () => Promise.reject(new Error("no")) }),
    };
    const events = await settleAll(place);
    expect(of(events, "task_landed")).toEqual([]);
    expect(of(events, "candidate_rejected").map(({ gate, cause }) => `${gate} ${cause}`)).toEqual(
      Array(3).fill("review broken"),
    );
    agrees(place);
  });
});
