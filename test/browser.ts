import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";

/** CI installs it; where it is missing, the cases of a page are skipped, by name. */
export const BROWSER = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");

const QUIET = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** A page in a browser of its own. `wrong`: what scripts threw and logged as errors, and dialogs, each of which is dismissed. */
export async function openPage(): Promise<{ page: Page; wrong: string[]; stop(): Promise<void> }> {
  if (BROWSER === null) throw new Error("Cannot open a page: no browser is installed");
  const profile = mkdtempSync(join(tmpdir(), "dgov-browser-"));
  const viewport = { width: 1200, height: 900 };
  const context = await chromium.launchPersistentContext(profile, { executablePath: BROWSER, args: QUIET, viewport });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("dialog", (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const stop = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, wrong, stop };
}
