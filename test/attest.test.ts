import { Database } from "bun:sqlite";
import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOES_NOT_ATTEST, type Statement } from "../packages/governor/src/attest/statement.ts";
import { dgov, git, layOut, type Place } from "./repo.ts";

setDefaultTimeout(120_000); // each starts the program several times, on whatever else the machine does

/** One run of three tasks that was signed by two people, with their keys; each test has a copy of all of it. */
const first: { place: Place | null; run: string } = { place: null, run: "" };
beforeAll(() => {
  const place = layOut(join(import.meta.dir, "fixtures/crash/three_tasks"));
  first.place = place;
  const ran = dgov(place, "run", ".dgov/plans/p", "--jobs", "2", "--json");
  expect(ran.status).toBe(0);
  first.run = JSON.parse(dgov(place, "status", "--json").stdout).run.run;
  for (const name of ["ann", "ben"]) expect(dgov(place, "attest", "keygen", `../${name}`).status).toBe(0);
  const signed = dgov(
    place,
    "attest",
    "sign",
    first.run,
    "--key",
    "../ann",
    "--key",
    "../ben",
    "--out",
    "../signed.json",
  );
  expect(signed.status).toBe(0);
  return () => place.stop();
});

const open: { stop(): void }[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function copy(): Place {
  if (!first.place) throw new Error("unreachable");
  const folder = mkdtempSync(join(tmpdir(), "dgov-attest-"));
  cpSync(first.place.folder, folder, { recursive: true });
  const place = { ...first.place, folder, root: join(folder, "repo") };
  place.stop = () => rmSync(folder, { recursive: true, force: true });
  open.push(place);
  return place;
}

const BOTH = ["--key", "../ann.pub", "--key", "../ben.pub"];
function verified(place: Place, ...more: string[]) {
  const { status, stdout, stderr } = dgov(place, "attest", "verify", "../signed.json", "--json", ...more);
  return { status, view: stdout === "" ? null : JSON.parse(stdout), stderr };
}

/** Changes the envelope as one may who has no key. */
function forge(
  place: Place,
  change: (own: { payload: Statement; signatures: { keyid: string; sig: string }[] }) => void,
) {
  const path = join(place.folder, "signed.json");
  const envelope = JSON.parse(readFileSync(path, "utf8"));
  const own = { payload: JSON.parse(atob(envelope.payload)), signatures: envelope.signatures };
  change(own);
  writeFileSync(
    path,
    JSON.stringify({ ...envelope, payload: btoa(JSON.stringify(own.payload)), signatures: own.signatures }),
  );
}

describe("G10: a run is signed for", () => {
  test("what is signed is what the log and git say", () => {
    const place = copy();
    const { status, view } = verified(place, ...BOTH);
    expect(status).toBe(0);
    expect(view).toMatchObject({ holds: true, why: null, needed: 2, log: "same", commits: "same" });
    expect(view.signed_by).toHaveLength(2);
    const { statement } = view;
    expect(statement.head.commit).toBe(git(place, "rev-parse", "main").trim());
    expect(statement.head.tree).toBe(git(place, "rev-parse", "main^{tree}").trim());
    const changed = statement.tasks.flatMap((task: { changed_files: { path: string }[] }) =>
      task.changed_files.map(({ path }) => path),
    );
    const range = `${statement.base.commit}..${statement.head.commit}`;
    expect([...new Set(changed)].sort()).toEqual(git(place, "diff", "--name-only", range).trim().split("\n").sort());
    for (const task of statement.tasks) expect(task).toMatchObject({ state: "landed", carried: false });
    expect(statement.replay.decisions).toBeGreaterThan(0);
  });

  test("a field that is changed, however deep it lies, breaks every signature", () => {
    const changes: ((own: Statement) => unknown)[] = [
      ({ predicate }) => (predicate.tasks[0]!.changed_files[0]!.path = "other.txt"),
      ({ predicate }) => (predicate.tasks[1]!.state = "failed"),
      ({ predicate }) => (predicate.log.root = "0".repeat(64)),
      ({ predicate }) => predicate.does_not_attest.pop(),
      ({ subject }) => (subject[0]!.digest.gitCommit = "0".repeat(40)),
    ];
    for (const change of changes) {
      const place = copy();
      forge(place, ({ payload }) => void change(payload));
      const { status, view } = verified(place, ...BOTH);
      expect({ status, signed_by: view.signed_by, statement: view.statement }).toEqual({
        status: 1,
        signed_by: [],
        statement: null,
      });
    }
  });

  test("the key that checks cannot sign, and the one that signs is its owner's alone", () => {
    const place = copy();
    expect(statSync(join(place.folder, "ann")).mode & 0o777).toBe(0o600);
    const signed = dgov(place, "attest", "sign", first.run, "--key", "../ann.pub", "--out", "../by-pub.json");
    expect({ status: signed.status, there: existsSync(join(place.folder, "by-pub.json")) }).toEqual({
      status: 5,
      there: false,
    });
    expect(signed.stderr).toContain("it is no PEM of such a key");
  });

  test("no key and no statement is written over", () => {
    const place = copy();
    const before = readFileSync(join(place.folder, "ann"), "utf8");
    expect(dgov(place, "attest", "keygen", "../ann").status).toBe(2);
    expect(readFileSync(join(place.folder, "ann"), "utf8")).toBe(before);
    rmSync(join(place.folder, "ann"));
    expect(dgov(place, "attest", "keygen", "../ann").status).toBe(2);
    expect(existsSync(join(place.folder, "ann"))).toBe(false); // half a pair would be worth nothing
    expect(dgov(place, "attest", "sign", first.run, "--key", "../ben", "--out", "../signed.json").status).toBe(2);
  });

  test("a log that is not what was written is not signed for", () => {
    const place = copy();
    const file = new Database(join(place.root, ".dgov/state.db"));
    for (const trigger of ["event_is_never_updated", "event_is_never_deleted", "event_is_only_appended"])
      file.run(`DROP TRIGGER ${trigger}`);
    file.run("UPDATE event SET body = replace(body, '\"exit\":0', '\"exit\":1') WHERE kind = 'gate_judged'");
    file.run("UPDATE event SET at_ms = at_ms + 1 WHERE seq = 3");
    file.close();
    const signed = dgov(place, "attest", "sign", first.run, "--key", "../ann", "--out", "../late.json", "--json");
    expect(signed.status).toBe(4);
    expect(JSON.parse(signed.stdout || signed.stderr).error.code).toBe("log_corrupt");
    expect(existsSync(join(place.folder, "late.json"))).toBe(false);
    expect(verified(place, ...BOTH).status).toBe(4);
  });
});

describe("G11: it is checked by anyone, with what lies there", () => {
  test("where neither log nor repository is, its signatures are checked, and the rest is said to be absent", () => {
    const place = copy();
    rmSync(join(place.root, ".git"), { recursive: true });
    rmSync(join(place.root, ".dgov"), { recursive: true });
    const { status, view } = verified(place, ...BOTH);
    expect(status).toBe(0);
    expect(view).toMatchObject({ holds: true, log: "absent", commits: "absent" });
    expect(view.statement.does_not_attest).toEqual([...DOES_NOT_ATTEST]);
  });

  test("one key is one signer, however often it is trusted and has signed", () => {
    const place = copy();
    cpSync(join(place.folder, "ann.pub"), join(place.folder, "again.pub"));
    forge(place, ({ signatures }) => {
      const own = signatures[0]!;
      signatures.splice(0, 2, own, { ...own, keyid: "another" });
    });
    const path = join(place.folder, "signed.json");
    const envelope = JSON.parse(readFileSync(path, "utf8"));
    const untouched = JSON.parse(readFileSync(join(first.place!.folder, "signed.json"), "utf8"));
    writeFileSync(path, JSON.stringify({ ...untouched, signatures: envelope.signatures }));
    const twice = verified(place, "--key", "../ann.pub", "--key", "../again.pub", "--threshold", "2");
    expect(twice.status).toBe(2);
    expect(twice.view.error.message).toContain("1 different keys are given");
    const three = verified(place, ...BOTH, "--key", "../again.pub", "--threshold", "2");
    expect({ status: three.status, signers: three.view.signed_by.length }).toEqual({ status: 1, signers: 1 });
    const two = verified(place, ...BOTH);
    expect({ status: two.status, signers: two.view.signed_by.length }).toEqual({ status: 1, signers: 1 });
    expect(verified(place, ...BOTH, "--threshold", "1").status).toBe(0);
  });

  test("a key that nobody trusts does not count, and no key at all is a mistake", () => {
    const place = copy();
    expect(dgov(place, "attest", "keygen", "../eve").status).toBe(0);
    const { status, view } = verified(place, "--key", "../eve.pub");
    expect({ status, signed_by: view.signed_by }).toEqual({ status: 1, signed_by: [] });
    expect(verified(place).status).toBe(2);
    expect(verified(place, ...BOTH, "--threshold", "0").status).toBe(2);
  });

  test("a key of another kind is refused with its name", () => {
    const place = copy();
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(join(place.folder, "ec.pub"), publicKey.export({ type: "spki", format: "pem" }));
    const { status, stderr } = dgov(place, "attest", "verify", "../signed.json", "--key", "../ec.pub");
    expect({ status, told: stderr.includes("it is a key of ec, not ed25519") }).toEqual({ status: 5, told: true });
  });

  test("a log here that is another than the one that was signed for is told", () => {
    const [place, other] = [copy(), layOut(join(import.meta.dir, "fixtures/crash/three_tasks"))];
    open.push(other);
    expect(dgov(other, "run", ".dgov/plans/p", "--jobs", "1").status).toBe(0);
    const given = verified(place, ...BOTH, "--log", join(other.root, ".dgov/state.db"));
    expect({ status: given.status, log: given.view.log }).toEqual({ status: 1, log: "absent" });
    const file = new Database(join(place.root, ".dgov/state.db"));
    for (const trigger of ["event_is_never_updated", "event_is_never_deleted", "event_is_only_appended"])
      file.run(`DROP TRIGGER ${trigger}`);
    file.run("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)");
    file.close();
    const cut = verified(place, ...BOTH);
    expect({ status: cut.status, log: cut.view.log }).toEqual({ status: 1, log: "other" });
  });

  test("what is no envelope is said to be none", () => {
    const place = copy();
    for (const text of ["", "{}", "[]", "null", '{"payloadType":"x","payload":"","signatures":[]}', "\u0000"]) {
      writeFileSync(join(place.folder, "signed.json"), text);
      expect(verified(place, ...BOTH)).toMatchObject({
        status: 1,
        view: { holds: false, why: "it is no signed statement" },
      });
    }
  });
});

test("a run that is not over is not signed for", () => {
  const place = layOut(join(import.meta.dir, "fixtures/crash/three_tasks"));
  open.push(place);
  expect(dgov(place, "attest", "sign", "r", "--key", join(first.place!.folder, "ann")).status).toBe(3);
  expect(dgov(place, "run", ".dgov/plans/p", "--jobs", "1").status).toBe(0);
  const file = new Database(join(place.root, ".dgov/state.db"));
  for (const trigger of ["event_is_never_updated", "event_is_never_deleted", "event_is_only_appended"])
    file.run(`DROP TRIGGER ${trigger}`);
  file.run("DELETE FROM event WHERE kind = 'run_ended'");
  file.close();
  rmSync(join(place.root, ".dgov/state.db-head"), { force: true });
  const run = JSON.parse(dgov(place, "status", "--json").stdout).run.run;
  const signed = dgov(place, "attest", "sign", run, "--key", join(first.place!.folder, "ann"));
  expect(signed.status).toBe(1);
  expect(signed.stderr).toContain("it is not over");
});
