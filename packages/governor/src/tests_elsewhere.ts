import { existsSync } from "node:fs";
import { join } from "node:path";
import { lookThrough } from "./detect.ts";
import type { Project } from "./project.ts";
import { folderPath } from "./test_files.ts";

/**
 * Why no test would be judged, as a sentence: a command on a folder of tests that is not there runs none, however many there are
 * elsewhere. null: that is not so.
 */
export function testsElsewhere({ root, commands, layout }: Project): string | null {
  const folder = folderPath(layout.test_dir);
  if (!commands.test?.includes("{test_dir}") || existsSync(join(root, folder))) return null;
  const isOwn = (path: string) => layout.source_extensions.some((ending) => path.endsWith(ending));
  const test = lookThrough(root).tests.find(isOwn);
  if (test === undefined) return null;
  return `No test of the project is run: test_dir is "${folder}", which is not there, and "${test}" is elsewhere`;
}
