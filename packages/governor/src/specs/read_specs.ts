import { digestOfText, type Requirement, requirementsIn } from "@dgov/semantic/requirements";
import type { Git } from "../git/git.ts";
import { items } from "../git/git.ts";
import { ignoreRule } from "../ignore.ts";
import type { Project } from "../project.ts";
import { textOf } from "../semantic/texts.ts";
import type { Spec } from "../spec_file.ts";

/** A document as a tree has it. `unknown`: why nobody can say what it asks for; null: it can be said. */
export type SpecDocument = { path: string; blob: string; requirements: readonly Requirement[]; unknown: string | null };
export type ReadSpec = { name: string; spec: Spec; documents: readonly SpecDocument[] };

const TEXT_MAX_BYTES = 4 * 1024 * 1024;

/** The documents of each table, in the order of the project and of their paths. Links are none. */
export async function readSpecs(git: Git, project: Project, tree: string): Promise<ReadSpec[]> {
  const listed = await git.ask(["ls-tree", "-r", "-z", "-l", "--full-tree", tree]);
  const files = items(listed.bytes).flatMap((row) => {
    const [, mode = "", blob = "", size = "", path = ""] =
      /^(\d{6}) \w+ ([0-9a-f]+)\s+(\S+)\t([\s\S]*)$/.exec(row) ?? [];
    return mode.startsWith("100") ? [{ blob, path, size_bytes: Number(size) }] : [];
  });
  const read: ReadSpec[] = [];
  for (const [name, spec] of Object.entries(project.rules.baselines.specs)) {
    const own = files.filter(({ path }) => ignoreRule(spec.paths)(path));
    read.push({ name, spec, documents: await Promise.all(own.map((file) => readOne(git, file))) });
  }
  return read;
}

type File = { blob: string; path: string; size_bytes: number };

async function readOne(git: Git, { blob, path, size_bytes }: File): Promise<SpecDocument> {
  const none = (unknown: string): SpecDocument => ({ path, blob, requirements: [], unknown });
  if (size_bytes > TEXT_MAX_BYTES) return none(`it has more than ${TEXT_MAX_BYTES / 1024 / 1024} MiB`);
  const read = textOf(await git.objects.content(blob));
  if (read.text === null) return none(read.unknown);
  const said = requirementsIn(path, read.text);
  return "unknown" in said ? none(said.unknown) : { path, blob, requirements: said.requirements, unknown: null };
}

/** A digest of each requirement by its id. */
export const digestsOf = ({ requirements }: SpecDocument): Record<string, string> =>
  Object.fromEntries(requirements.map((one) => [one.id, digestOfText(one)]));
