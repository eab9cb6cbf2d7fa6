import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { eventsOf, type Place, startDgov } from "./repo.ts";
import { newMark, untilRunning } from "./scripted.ts";
import { HOSTILE, layServed, startServing } from "./serving.ts";

setDefaultTimeout(240_000);

/** CI installs it; where it is missing these cases are skipped, by name. */
const browser = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
const QUIET = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
const mark = newMark();
let place: Place;
let run: ReturnType<typeof startDgov>;
let served: Awaited<ReturnType<typeof startServing>>;
let context: BrowserContext;
let page: Page;
const profile = mkdtempSync(join(tmpdir(), "dgov-browser-"));
const wrong: string[] = [];

beforeAll(async () => {
  if (browser === null) return;
  place = layServed(mark);
  run = startDgov(place, "run", ".dgov/plans/p", "--jobs", "2");
  served = await startServing(place);
  await untilRunning(`sleep ${mark}4`);
  context = await chromium.launchPersistentContext(profile, {
    executablePath: browser,
    args: QUIET,
    viewport: { width: 1200, height: 900 },
  });
  page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("dialog", (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(served.url);
  await page.waitForSelector('#problems button[data-verb="approve"]', { timeout: 60_000 });
});
afterAll(async () => {
  if (browser !== null) {
    run.kill("SIGKILL");
    await context.close();
    await served.stop();
    place.stop();
  }
  rmSync(profile, { recursive: true, force: true });
});

const inBrowser = test.skipIf(browser === null);

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
  const other = await context.newPage();
  await other.goto(served.base);
  await other.waitForSelector("#live h1");
  expect(await other.locator("button[data-verb]:enabled").count()).toBe(0);
  await other.close();
});

inBrowser("nothing went wrong in the page meanwhile", () => {
  expect(wrong).toEqual([]);
});
