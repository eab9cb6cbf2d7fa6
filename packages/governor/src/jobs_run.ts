import { performJob } from "./jobs/perform.ts";
import { type Serving, serveJobs } from "./jobs/serve.ts";
import { type Installed, installUnit } from "./jobs/unit.ts";
import { type JobView, viewOfJob } from "./jobs/view.ts";
import type { World } from "./session.ts";

export { type Installed, installUnit, type Serving, serveJobs };

/** Runs one job in this process. @throws as `performJob` does */
export const run = async (world: World, id: string): Promise<JobView> =>
  viewOfJob(await performJob(world, id), world.env);
