import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, git, type Place } from "./repo.ts";
import { edit, layTasks, done as said } from "./scripted.ts";

setDefaultTimeout(120_000); // whole runs, on a machine that may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

test("G2 G4 on the command line: an item is added, waits, is landed by a run, and is closed by that evidence alone", () => {
  const place = layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "omega"), said]] } });
  open.push(place);
  const json = (...args: string[]) => JSON.parse(dgov(place, ...args, "--json").stdout);
  const one = json("work", "add", "Say omega", "-c", "it says omega").id;
  const two = json("work", "add", "Say more", "-c", "it says more", "--priority", "0", "--blocked-by", one).id;
  expect(dgov(place, "work", "next").stdout).toStartWith(`${one}  P2  ready    Say omega\n`);
  expect(dgov(place, "work", "list").stdout).toBe(`${two}  P0  blocked  Say more\n${one}  P2  ready    Say omega\n`);
  expect(dgov(place, "work", "link", one, "--blocked-by", two)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("it would wait for itself"),
  });
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0); // items do not make the checkout dirty
  const proof = json("evidence", "add", git(place, "rev-parse", "HEAD").trim(), "--note", "omega");
  expect(proof).toMatchObject({ kind: "landing", task: "tasks/main.a", holds: true });
  expect(dgov(place, "evidence", "list").stdout).toContain("holds  landing of tasks/main.a as ");
  expect(dgov(place, "work", "done", one, "--met", "one").status).toBe(2);
  expect(json("work", "done", one, "--met", `1=${two}`)).toMatchObject({ error: { code: "work_unproven" } });
  expect(dgov(place, "work", "done", one, "--met", `1=${proof.id}`).stdout).toContain(
    `1. it says omega  (${proof.id})`,
  );
  expect(json("work", "next").item.id).toBe(two);
  expect(dgov(place, "work", "drop", two, "it says enough").stdout).toContain("dropped");
  expect(dgov(place, "work", "next")).toMatchObject({ status: 0, stdout: "Nothing is to be done.\n" });
});
