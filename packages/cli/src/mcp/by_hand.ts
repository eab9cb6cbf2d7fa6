import { type HandRequest, openByHand } from "@dgov/governor/by_hand";
import type { Here } from "../command.ts";
import { worldOf } from "../world.ts";
import { serveTask } from "./serve_task.ts";
import { taskTools } from "./task.ts";

/** The tools that would be served. `reads`: it changes nothing; absent: of a task's tools its claims say what they may change. */
export type Listed = { tools: { name: string; description: string; reads?: boolean }[] };

type Asked = Omit<HandRequest, "cwd"> & { list: boolean };

/** Serves one task until the other side is gone, and waits until its run is over. @returns the tools, where only they are asked for */
export async function forTask(here: Here, { list, ...asked }: Asked): Promise<Listed | undefined> {
  const { cwd, version } = here;
  const telling = { cwd, version, bell: () => {} }; // nobody is at this terminal
  const work = await openByHand({ cwd, ...asked }, { world: { ...worldOf(here), notify: () => {} }, telling });
  const served = taskTools(work);
  if (list) return { tools: served.tools().map(({ name, description = "" }) => ({ name, description })) };
  await serveTask(here, served);
  await work.leave();
  return undefined; // all was said to the other side
}
