import { type Kind, RULES } from "@dgov/semantic/api_rules";
import type { Api } from "./api_file.ts";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { resolved } from "./git/range.ts";
import { findCommitPlace, gitIn } from "./preflight/place.ts";
import { subjectOf } from "./preflight/subject.ts";
import { openSymbols } from "./semantic/symbols.ts";
import type { World } from "./session.ts";
import { type ApiVerdict, judgeApi } from "./settlement/api.ts";

/**
 * What became of interfaces.
 *
 * `base`, `head`  what was compared, as it was asked for; a head that nobody named is the working tree
 */
export type ApiDiffView = { base: string; head: string; apis: readonly ShownApi[] };
export type ShownApi = ApiVerdict & { name: string; document: string };
export type ApiChange = NonNullable<ApiVerdict["diff"]>["changes"][number];

/** `head` null: the working tree. `document` null: the interfaces that the project names. */
type Asked = { base: string; head: string | null; document: string | null };
type Asking = Pick<World, "self" | "now_ms" | "env"> & { cwd: string };

/**
 * Compares interfaces as the gate `api` does.
 *
 * @throws DgovError `usage` where there is no such commit, or nobody says which document
 */
export async function diffInterfaces({ cwd, env, self, now_ms }: Asking, asked: Asked): Promise<ApiDiffView> {
  const place = findCommitPlace({ cwd, env });
  const git = gitIn(place, env);
  const head = await resolved(git, asked.base);
  const tree =
    asked.head === null ? (await subjectOf(git, place, { kind: "all" })).tree : await resolved(git, asked.head);
  if (tree === null) throw new Error("The working tree is no tree");
  const apis = asked.document === null ? namedIn(place.root) : { [asked.document]: plainApi(asked.document) };
  const symbols = openSymbols({ git, self, now_ms, cache_folder: place.common_dir });
  try {
    const shown: ShownApi[] = [];
    for (const [name, api] of Object.entries(apis))
      shown.push({ name, document: api.document, ...(await judgeApi({ git, symbols, head, tree }, name, api)) });
    const [only] = shown;
    if (asked.document !== null && only?.findings.some(({ code }) => code === "api_missing"))
      throw new DgovError("usage", `Cannot compare "${asked.document}": there is no such file on either side`, {
        hint: "Give its path from the repository's root",
      });
    return { base: asked.base, head: asked.head ?? "the working tree", apis: shown };
  } finally {
    symbols.close();
  }
}

const plainApi = (document: string): Api => ({ document, every: false, semver: true, rules: {} });

function namedIn(root: string): Readonly<Record<string, Api>> {
  const { apis } = readProject(root).rules.baselines;
  if (Object.keys(apis).length > 0) return apis;
  throw new DgovError("usage", "Cannot compare interfaces: .dgov/project.toml names none", {
    hint: 'Give "--document PATH", or write [api.NAME] with its document into .dgov/project.toml',
  });
}

/** What those who call an interface are to do about a kind of change. */
export const adviceOn = (kind: Kind): string => RULES[kind].advice;
