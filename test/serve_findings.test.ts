import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { BROWSER, openPage } from "./browser.ts";
import { dgov, eventsOf, type Place } from "./repo.ts";
import { layReviewed } from "./reviewed.ts";
import { startServing } from "./serving.ts";

setDefaultTimeout(240_000);

const PLAN = ".dgov/plans/p";
let place: Place;
let served: Awaited<ReturnType<typeof startServing>>;
beforeAll(async () => {
  place = layReviewed("");
  place.env.USER = "ann";
  expect(dgov(place, "run", PLAN).status).toBe(1);
  served = await startServing(place);
});
afterAll(async () => {
  await served.stop();
  place.stop();
});

const DISMISS = { word: "dismiss", task: "a", finding: "oak-1", reason: "I have asked for it" };
const speak = async (body: unknown, token = served.token) => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(`${served.base}/speak`, { method: "POST", body: JSON.stringify(body), headers });
  return { status: answer.status, said: (await answer.json()) as { error?: { code: string }; words?: string } };
};

test("I3 nobody speaks to a reviewer without the token, without a reason, or of what is not there", async () => {
  expect(await speak(DISMISS, "x")).toMatchObject({ status: 401 });
  expect(await speak({ ...DISMISS, reason: " " })).toMatchObject({ status: 409, said: { error: { code: "usage" } } });
  expect(await speak({ ...DISMISS, word: "approve" })).toMatchObject({ said: { error: { code: "usage" } } });
  expect(await speak({ ...DISMISS, finding: "oak-2" })).toMatchObject({
    status: 409,
    said: { error: { code: "finding_unknown" } },
  });
  const { findings } = (await (await fetch(`${served.base}/status`)).json()) as { findings: unknown[] };
  expect(findings).toMatchObject([{ task: "tasks/main.a", finding: "oak-1", line: 1, said: null }]);
});

test.skipIf(BROWSER === null)(
  "E9 what a reviewer holds is on the page, and dismissed there with a reason",
  async () => {
    const opened = await openPage();
    const page: Page = opened.page;
    await page.goto(served.url);
    const item = page.locator("#held li");
    await item.waitFor({ timeout: 60_000 });
    expect(await item.textContent()).toContain("oak-1 of tasks/main.a, attempt 1: src/a.txt:1 nobody asked for that");
    await item.locator('button[data-verb="dismiss"]').click();
    await page.locator("#sure").click(); // there is no reason yet, so it stays
    expect(await page.locator("dialog[open]").count()).toBe(1);
    await page.locator("#why").fill(DISMISS.reason);
    await page.locator("#sure").click();
    await page.getByText(`"dgov run ${PLAN} --continue" takes it up`).waitFor();
    await page.locator("#held li.said", { hasText: "dismissed by ann, not heard yet: I have asked for it" }).waitFor();
    await item.locator('button[data-verb="answer"]').click();
    await page.locator('#ask button[value="no"]').click(); // nothing has to be written to go back
    expect(await page.locator("dialog[open]").count()).toBe(0);
    expect(dgov(place, "run", PLAN, "--continue").status).toBe(0);
    await page.locator("#held").waitFor({ state: "detached" });
    expect(opened.wrong).toEqual([]);
    expect(eventsOf(place).filter(({ kind }) => kind === "finding_answered")).toHaveLength(1);
    await opened.stop();
  },
);
