import { type Git, items } from "../git/git.ts";
import type { BadChange, Laid } from "./drill.ts";
import { DRILLS_FOLDER } from "./drill.ts";

/** Known-bad changes that the project keeps at a commit, by the gate that each is for. */
export async function ownDrills(git: Git, head: string): Promise<ReadonlyMap<string, BadChange>> {
  const [folder] = await git.objects.info([`${head}:${DRILLS_FOLDER}`]);
  if (folder?.type !== "tree") return new Map();
  const listed = await git.ask(["ls-tree", "-r", "-z", "--full-tree", head, `${DRILLS_FOLDER}/`]);
  const laid = new Map<string, Record<string, Laid[string]>>();
  for (const line of items(listed.bytes)) {
    const [, mode = "", oid = "", path = ""] = /^(\d{6}) \w+ ([0-9a-f]+)\t([\s\S]*)$/.exec(line) ?? [];
    const [gate = "", ...rest] = path.slice(DRILLS_FOLDER.length + 1).split("/");
    if (!mode.startsWith("100") || rest.length === 0) continue;
    const files = laid.get(gate) ?? {};
    laid.set(gate, files);
    files[rest.join("/")] = new TextDecoder().decode(await git.objects.content(oid));
  }
  return new Map(
    [...laid].map(([gate, work]) => [gate, { work, harmless: {}, claims: { create: Object.keys(work) } }]),
  );
}
