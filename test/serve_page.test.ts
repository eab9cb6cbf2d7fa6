import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { BROWSER, openPage } from "./browser.ts";
import { eventsOf, type Place, startDgov } from "./repo.ts";
import { newMark, untilRunning } from "./scripted.ts";
import { HOSTILE, layServed, startServing } from "./serving.ts";

setDefaultTimeout(240_000);

const mark = newMark();
let place: Place;
let run: ReturnType<typeof startDgov>;
let served: Awaited<ReturnType<typeof startServing>>;
let opened: Awaited<ReturnType<typeof openPage>>;
let page: Page;

beforeAll(async () => {
  if (BROWSER === null) return;
  place = layServed(mark);
  run = startDgov(place, "run", ".dgov/plans/p", "--jobs", "2");
  served = await startServing(place);
  await untilRunning(`sleep ${mark}4`);
  opened = await openPage();
  page = opened.page;
  await page.goto(served.url);
  await page.waitForSelector('#problems button[data-verb="approve"]', { timeout: 60_000 });
});
afterAll(async () => {
  if (BROWSER === null) return;
  run.kill("SIGKILL");
  await opened.stop();
  await served.stop();
  place.stop();
});

const inBrowser = test.skipIf(BROWSER === null);

inBrowser(
  "I3 the page draws the tasks, tells what needs somebody, and the token is gone from its address",
  async () => {
    expect(await page.locator(".dag .box").count()).toBe(4);
    expect(await page.locator("#busy tr").count()).toBe(1);
    expect(await page.locator("#problems li").allTextContents()).toEqual([
      expect.stringContaining("waits for approval"),
    ]);
    expect(page.url()).toBe(`${served.base}/`);
    for (const width of [1200, 360]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    }
  },
);

inBrowser("I3 what a model says is text: nothing of it runs, also in its patch", async () => {
  await page.locator("details[data-unit='tasks/main.a'] > summary").click();
  const patch = page.locator("details[data-unit='tasks/main.a'] details", { hasText: "What its last attempt left" });
  await patch.locator("summary").click();
  await patch.locator(".add", { hasText: "omega" }).waitFor();
  expect(await patch.locator(".add", { hasText: "omega" }).textContent()).toContain(HOSTILE);
  expect(await page.locator("#live script, #live img").count()).toBe(0);
  expect(await page.title()).not.toContain("taken");
});

inBrowser("I3 a new state takes neither the focus from who works by keys nor what was scrolled", async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.locator('#busy button[data-verb="cancel"]').focus();
  await page.evaluate("document.querySelector('#drawn').scrollTo(40, 0)");
  await page.evaluate("document.querySelector('#live h1').dataset.old = ''; refresh()");
  await page.waitForSelector("#live h1:not([data-old])");
  expect(await page.evaluate("document.querySelector('#drawn').scrollLeft")).toBe(40);
  expect(await page.evaluate("document.activeElement.closest('#busy') && document.activeElement.dataset.verb")).toBe(
    "cancel",
  );
});

inBrowser("F6 a click approves, a dialog cancels with a reason, and what somebody has opened stays open", async () => {
  await page.locator('#problems button[data-verb="approve"]').click();
  await page.getByText("Done: approve tasks/main.a").waitFor();
  await page.locator('#busy button[data-verb="cancel"]').click();
  await page.locator("#why").fill("nobody needs it");
  await page.locator("#sure").click();
  await page.getByText("it ended: partial").waitFor({ timeout: 60_000 });
  expect(await run.exited).toBe(1);
  const cancelled = eventsOf(place).find((event) => event.kind === "attempt_failed");
  expect(cancelled).toMatchObject({ cause: "cancelled", detail: expect.stringContaining("nobody needs it") });
  expect(await page.locator("details[data-unit='tasks/main.a']").getAttribute("open")).not.toBeNull();
  await page.locator("details[data-unit='tasks/main.a'] .body", { hasText: "Landed as" }).waitFor();
});

inBrowser("I3 without the token everything can be read, and nothing be clicked", async () => {
  const other = await page.context().newPage();
  await other.goto(served.base);
  await other.waitForSelector("#live h1");
  expect(await other.locator("button[data-verb]:enabled").count()).toBe(0);
  await other.close();
});

inBrowser("I3 an answer that takes longer than the next event is away is shown all the same", async () => {
  const other = await page.context().newPage();
  await other.route("**/live", async (route) => {
    await Bun.sleep(1500);
    await route.continue();
  });
  await other.goto(served.base);
  await other.evaluate("void setInterval(refresh, 100)");
  await other.waitForSelector("#live h1", { timeout: 20_000 });
  await other.close();
});

inBrowser("nothing went wrong in the page meanwhile", () => {
  expect(opened.wrong).toEqual([]);
});
