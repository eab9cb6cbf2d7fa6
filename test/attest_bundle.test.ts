import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle, Shown } from "../packages/governor/src/attest/bundle.ts";
import { seal } from "../packages/governor/src/attest/envelope.ts";
import { readPrivateKey } from "../packages/governor/src/attest/keys.ts";
import { canonical, openLog } from "../packages/kernel/src/index.ts";
import { hashOf } from "../packages/kernel/src/row.ts";
import { dgov, type Place, readIn } from "./repo.ts";
import { done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000);

const SECRET = 'hunter2 "the vault"';
const KEY = ["--key", "../ann"];
let place: Place;
let run = "";

beforeAll(() => {
  place = layTasks({
    one: {
      claims: 'files.create = ["src/one.py"]',
      attempts: [[write("src/one.py", `# ${SECRET}\n`), { tool: "done", args: { summary: `Wrote ${SECRET}` } }]],
    },
    two: { claims: 'files.create = ["src/two.py"]', attempts: [[done], [done]] },
  });
  dgov(place, "run", "p");
  run = JSON.parse(dgov(place, "status", "--json").stdout).run.run;
  for (const name of ["ann", "eve"]) expect(dgov(place, "attest", "keygen", `../${name}`).status).toBe(0);
  expect(dgov(place, "attest", "sign", run, ...KEY, "--out", "../signed.json").status).toBe(0);
});
afterAll(() => place.stop());

let made = 0;
function bundle(...redact: string[]): { file: string; status: number | null; bundle: Bundle; said: string } {
  const file = `../bundle-${made++}.json`;
  const asked = redact.flatMap((one) => ["--redact", one]);
  const { status, stdout, stderr } = dgov(place, "attest", "bundle", run, ...KEY, "--out", file, ...asked, "--json");
  if (status !== 0) return { file, status, bundle: {} as Bundle, said: JSON.parse(stdout || stderr).error.message };
  return { file, status, bundle: JSON.parse(payloadOf(file)).predicate, said: "" };
}

const payloadOf = (file: string) => Buffer.from(JSON.parse(readIn(place, file)).payload, "base64").toString("utf8");

/** Where nothing but the file and the public key is, unless more is asked for. */
function verified(file: string, ...more: string[]) {
  const away = { root: place.folder, env: place.env };
  const from = join(place.root, file);
  const { status, stdout } = dgov(
    more.length > 0 ? place : away,
    "attest",
    "verify",
    from,
    "--key",
    pub(),
    "--json",
    ...more,
  );
  return { status, view: JSON.parse(stdout) };
}
const pub = () => join(place.folder, "ann.pub");

const byKind = (events: readonly Shown[], kind: string) =>
  events.filter((one) => one.shown !== "none" && (one.event as { kind: string }).kind === kind);

describe("G16: what is hidden", () => {
  test("G16 events, fields and texts are hidden, the rest is shown, and all of it verifies far from the log", () => {
    const { file, bundle: told } = bundle("call_settled", "candidate_rejected.findings.message", "3", `text:${SECRET}`);
    const { status, view } = verified(file);
    expect({ status, holds: view.holds, why: view.why, log: view.log }).toEqual({
      status: 0,
      holds: true,
      why: null,
      log: "absent",
    });
    const attested = JSON.parse(payloadOf("../signed.json")).predicate;
    expect(told.log).toEqual(attested.log);
    expect(told.events.find(({ seq }) => seq === 3)?.shown).toBe("none");
    expect(byKind(told.events, "call_settled")).toEqual([]);
    const [rejected] = byKind(told.events, "candidate_rejected");
    expect(rejected).toMatchObject({
      shown: "part",
      event: {
        cause: "empty_diff",
        findings: [{ code: expect.any(String), message: { redacted: expect.stringMatching(/^[0-9a-f]{64}$/) } }],
      },
    });
    expect(byKind(told.events, "run_started")).toMatchObject([{ shown: "whole", event: { plan: "p" } }]);
    const { whole, part, none, fields } = view.bundle.disclosed;
    expect(whole + part + none).toBe(told.log.events);
    expect({ none, part: part >= 2, fields: fields >= 3 }).toMatchObject({ part: true, fields: true });
    const text = payloadOf(file);
    for (const spelled of [SECRET, JSON.stringify(SECRET).slice(1, -1), "hunter2"]) expect(text).not.toContain(spelled);
    expect(verified(file, "--of", "../signed.json").status).toBe(0);
    expect(verified(file, "--of", "../signed.json").view.log).toBe("same");
  });

  test("G16 what is hidden cannot be guessed: the hash of an event is salted, and so is each value", () => {
    const { bundle: told } = bundle("candidate_rejected.cause", "gate_judged");
    const log = openLog(join(place.root, ".dgov/state.db"), { readonly: true });
    const events = [...log.read({})];
    log.close();
    for (const { seq, at_ms, prev, hash, salt, event } of events) {
      expect(salt).toMatch(/^[0-9a-f]{32}$/);
      expect(hashOf({ seq, run, at_ms, prev, body: canonical(event) })).not.toBe(hash);
    }
    expect(new Set(events.map(({ salt }) => salt)).size).toBe(events.length);
    const commitments = byKind(told.events, "candidate_rejected").map(
      (one) => (one as { event: { cause: { redacted: string } } }).event.cause.redacted,
    );
    expect(commitments.length).toBeGreaterThan(1);
    expect(new Set(commitments).size).toBe(commitments.length); // the same cause each time
    const hidden = new Set(told.events.flatMap((one) => (one.shown === "whole" ? [] : [one.seq])));
    const text = payloadOf(`../bundle-${made - 1}.json`);
    for (const { seq, salt } of events) expect(text.includes(salt!)).toBe(!hidden.has(seq));
  });

  test("G16 two bundles of a run have the same commitment for the same value", () => {
    const of = (told: Bundle) =>
      byKind(told.events, "candidate_rejected").map((one) => (one as { event: object }).event);
    expect(of(bundle("candidate_rejected.cause").bundle)).toEqual(of(bundle("candidate_rejected.cause", "7").bundle));
  });

  test("G16 a value that was hidden is shown later to whom it may be, and no other fits in its place", () => {
    const file = "../opened.json";
    const asked = [
      "--redact",
      "candidate_rejected.cause",
      "--redact",
      `text:${SECRET}`,
      "--openings",
      "../openings.json",
    ];
    expect(dgov(place, "attest", "bundle", run, ...KEY, "--out", file, ...asked).status).toBe(0);
    expect(statSync(join(place.folder, "openings.json")).mode & 0o777).toBe(0o600);
    const { status, view } = verified(file, "--openings", "../openings.json");
    expect({ status, why: view.why }).toEqual({ status: 0, why: null });
    expect(view.bundle.opened.map(({ value }: { value: string }) => value)).toContain("empty_diff");
    expect(view.bundle.opened.some(({ value }: { value: string }) => value === `Wrote ${SECRET}`)).toBe(true);
    const told = JSON.parse(readIn(place, "../openings.json"));
    const changes: ((one: { seq: number; at: string; salt: string; value: string }) => unknown)[] = [
      (one) => (one.value = "review"),
      (one) => (one.salt = "0".repeat(64)),
      (one) => (one.seq = 1),
      (one) => (one.at = "/task"),
    ];
    for (const [at, change] of changes.entries()) {
      const own = structuredClone(told);
      change(own.openings[0]);
      writeFileSync(join(place.folder, `forged-${at}.json`), JSON.stringify(own));
      const forged = verified(file, "--openings", `../forged-${at}.json`);
      expect({ at, status: forged.status, said: forged.view.why?.includes("something else") }).toEqual({
        at,
        status: 1,
        said: true,
      });
    }
    expect(verified(file, "--openings", "../signed.json").status).toBe(2);
    expect(verified("../signed.json", "--openings", "../openings.json").status).toBe(2);
  });

  test("G16 a selector that names nothing is refused, since what was meant would stay shown", () => {
    for (const [selector, why] of [
      ["gate_juged", "there is no kind"],
      ["gate_judged.outputs", "have no field"],
      ["gate_judged.kind", "is shown"],
      ["candidate_rejected.findings.mesage", "no event of the run has anything there"],
      ["999999", "no such event"],
      ["text:", "no text"],
      ["", "there is no kind"],
    ] as const) {
      const { status, said } = bundle(selector);
      expect({ selector, status, said: said.includes(why) }).toEqual({ selector, status: 2, said: true });
    }
    expect(bundle("seat_voted", "text:is nowhere").status).toBe(0);
    const { status, said } = bundle(`text:${run}`);
    expect({ status, said: said.includes("stands where nothing can be") }).toEqual({ status: 1, said: true });
  });
});

describe("G16: what is shown", () => {
  /** Signs another bundle with the right key, as whoever has it could. */
  function resigned(change: (told: Bundle) => void): string {
    const { file } = bundle("call_settled", "candidate_rejected.findings");
    const said = JSON.parse(payloadOf(file));
    change(said.predicate);
    const path = join(place.root, file);
    writeFileSync(
      path,
      JSON.stringify(seal(Buffer.from(canonical(said)), [readPrivateKey(join(place.folder, "ann"))])),
    );
    return file;
  }
  const wholeOf = (told: Bundle) =>
    told.events.find((one) => one.shown === "whole")! as Extract<Shown, { shown: "whole" }>;

  test("G16 not even who has the key can change an event that is shown as a whole, or the number of them", () => {
    const changes: [string, (told: Bundle) => void][] = [
      ["is not the one that its hash is of", (told) => ((wholeOf(told).event as { plan: string }).plan = "q")],
      ["is not the one that its hash is of", (told) => (wholeOf(told).at_ms += 1)],
      ["is none that this version", (told) => (wholeOf(told).event = { kind: "made_up" })],
      ["do not have the root", (told) => (told.events[3]!.hash = "0".repeat(64))],
      ["does not have the events", (told) => void told.events.pop()],
      ["do not have the root", (told) => void told.events.splice(2, 2, told.events[3]!, told.events[2]!)],
      ["its subject is another log", (told) => (told.log.root = "0".repeat(64))],
    ];
    for (const [why, change] of changes) {
      const { status, view } = verified(resigned(change));
      expect({ why, status, told: view.why?.includes(why) && view.why }).toEqual({ why, status: 1, told: view.why });
    }
    expect(verified(resigned(() => {})).status).toBe(0);
  });

  test("G16 what is shown of an event in part is held against the log, where it is", () => {
    const file = resigned((told) => {
      const [part] = byKind(told.events, "candidate_rejected");
      (part as { event: { cause: string } }).event.cause = "review";
    });
    expect(verified(file).status).toBe(0); // the word of whoever signed, and the bundle says so
    expect(verified(file).view.bundle.does_not_attest.join()).toContain("shown in part");
    const here = verified(file, "--log", ".dgov/state.db");
    expect({ status: here.status, log: here.view.log }).toEqual({ status: 1, log: "other" });
    const later = resigned((told) => {
      const [part] = byKind(told.events, "candidate_rejected");
      (part as { at_ms: number }).at_ms += 1;
    });
    expect(verified(later, "--log", ".dgov/state.db").view.log).toBe("other");
    expect(
      verified(
        resigned(() => {}),
        "--log",
        ".dgov/state.db",
      ).view.log,
    ).toBe("same");
  });

  test("G16 the signature, the attestation it is of, and a statement that is no bundle", () => {
    const { file } = bundle("call_settled");
    const eve = dgov(place, "attest", "verify", file, "--key", "../eve.pub", "--json");
    expect({ status: eve.status, bundle: JSON.parse(eve.stdout).bundle }).toEqual({ status: 1, bundle: null });
    const other = layTasks({ one: { attempts: [[done], [done]] } });
    try {
      dgov(other, "run", "p");
      const id = JSON.parse(dgov(other, "status", "--json").stdout).run.run;
      const out = join(place.folder, "other.json");
      const signed = dgov(other, "attest", "sign", id, "--key", join(place.folder, "ann"), "--out", out);
      expect(signed.status).toBe(0);
      const { status, view } = verified(file, "--of", out);
      expect({ status, why: view.why }).toEqual({
        status: 1,
        why: "the attestation is of another run, or of another log of it",
      });
    } finally {
      other.stop();
    }
    expect(verified("../signed.json", "--of", "../signed.json").status).toBe(2);
    expect(verified("../signed.json").view.bundle).toBeNull();
    expect(bundle().bundle.events.every(({ shown }) => shown === "whole")).toBe(true);
    expect(readFileSync(join(place.root, file), "utf8")).toContain("application/vnd.in-toto+json");
  });
});

/** The log as it would be, had no event been salted: nothing had landed, so no commit names a hash of it. */
function unsalt(path: string): void {
  const file = new Database(path);
  for (const trigger of ["event_is_never_updated", "event_is_never_deleted", "event_is_only_appended"])
    file.run(`DROP TRIGGER ${trigger}`);
  let prev = "";
  for (const row of file.query("SELECT * FROM event ORDER BY seq").all() as Parameters<typeof hashOf>[0][]) {
    const { salt: _, ...event } = JSON.parse(row.body);
    const bare = { ...row, prev, body: canonical(event) };
    file.run("UPDATE event SET body = ?, prev = ?, hash = ? WHERE seq = ?", [bare.body, prev, hashOf(bare), row.seq]);
    prev = hashOf(bare);
  }
  file.close();
  rmSync(`${path}-head`);
}

test("G16 of a log from before events had salts nothing can be hidden, and all of it can be shown", () => {
  const old = layTasks({ one: { attempts: [[done], [done]] } });
  try {
    dgov(old, "run", "p");
    unsalt(join(old.root, ".dgov/state.db"));
    expect(dgov(old, "log", "verify").status).toBe(0);
    const id = JSON.parse(dgov(old, "status", "--json").stdout).run.run;
    const key = ["--key", join(place.folder, "ann")];
    const hidden = dgov(old, "attest", "bundle", id, ...key, "--redact", "gate_judged");
    expect({ status: hidden.status, said: hidden.stderr.includes("before events had salts") }).toEqual({
      status: 1,
      said: true,
    });
    expect(dgov(old, "attest", "bundle", id, ...key, "--out", "../whole.json").status).toBe(0);
    expect(dgov(old, "attest", "verify", "../whole.json", "--key", pub()).status).toBe(0);
  } finally {
    old.stop();
  }
});
