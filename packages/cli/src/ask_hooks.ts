import { confirm, isCancel } from "@clack/prompts";
import { DgovError } from "@dgov/governor/error";
import { approveHooks, listHooks } from "@dgov/governor/lifecycle";
import type { Here } from "./command.ts";
import { hooksText } from "./hooks_text.ts";

/**
 * Asks the person at the terminal about hooks that nobody has approved of. Where nobody is to be asked, or the answer is no,
 * nothing is approved of, and the run refuses.
 *
 * @throws DgovError `interrupted` when they went away
 */
export async function askHooks(here: Here): Promise<void> {
  const { isTty, inIsTty } = here.terminal;
  if (here.json || !isTty || !inIsTty) return;
  const view = await listHooks(here);
  if (view.state === "none" || view.state === "approved") return;
  here.stderr(hooksText(view));
  const message = "Let these commands run outside of the jail?";
  const io = { output: process.stderr, signal: here.signal };
  const answer = await confirm({ message, active: "y", inactive: "N", initialValue: false, ...io });
  if (isCancel(answer)) throw new DgovError("interrupted", "Stopped at the question: nothing is approved of");
  if (answer === true) await approveHooks(here, view.sha256);
}
