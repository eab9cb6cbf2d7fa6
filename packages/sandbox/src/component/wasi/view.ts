import { type Claim, covers, overlap } from "../../claim.ts";
import type { Files } from "../../host.ts";
import { isSecretFile } from "../../secret_file.ts";
import { HostError, type HostErrorCode, type Scope } from "../../tool.ts";
import { insideGit, judgeWrite } from "../../write_rules.ts";
import { COMPONENT_LIMITS } from "../limits.ts";
import { type ErrorCode, fileError, type WasiError } from "./wasi_error.ts";

export type Kind = "file" | "directory" | "link" | "other";
export type Seen = { kind: Kind; size_bytes: number };

/** `scope` null: there are no files. `write`: claimed files may be changed, else only read. */
export type ViewOptions = { files: Files; scope: Scope | null; write: boolean };

/**
 * A task's real files as a component may know them: what its claims cover, and the folders on the way there. Paths are
 * normalised, "." is the root. Everything throws `WasiError`, and what was refused is told by `refused` in words.
 */
export type View = {
  /** null: there is nothing, or nothing of this task. */
  look(path: string): Seen | null;
  read(path: string): Uint8Array;
  list(path: string): { name: string; kind: Kind }[];
  /** Whether a claim covers something in this folder, which need not be there. */
  reaches(folder: string): boolean;
  mayWrite(path: string): void;
  refuse(path: string, verb: string, why: string, code?: ErrorCode): WasiError<ErrorCode>;
  refused(): readonly string[];
};

export function createView({ files, scope, write }: ViewOptions): View {
  const claims: readonly Claim[] = scope === null ? [] : [...scope.write, ...scope.read];
  const { note, refused } = createNotes();
  const ask = <Value>(question: () => Value): Value => {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.code !== "missing") note(error.message);
      throw fileError(CODES[error.code]);
    }
  };
  const refuse: View["refuse"] = (path, verb, why, code = "not-permitted") => {
    note(`Cannot ${verb} "${path.slice(0, 300)}": ${why}`);
    return fileError(code);
  };
  const reaches = (path: string) => claims.some((claim) => overlap(claim, { kind: "directory", path, symbol: null }));
  const sees = (path: string, kind: Kind): boolean => {
    if (insideGit(path)) return false;
    if (kind === "directory") return reaches(path);
    if (isSecretFile(path)) return claims.some((claim) => claim.path === path);
    return claims.some((claim) => covers(claim, path));
  };
  const look: View["look"] = (path) => {
    if (path === ".") return { kind: "directory", size_bytes: 0 };
    const found = ask(() => files.stat(path));
    if (found === null) return null;
    if (sees(path, found.kind)) return { kind: found.kind, size_bytes: found.kind === "file" ? found.size_bytes : 0 };
    const why = isSecretFile(path)
      ? "it may hold secrets and is not claimed by name"
      : "it is not claimed by this task";
    refuse(path, "see", `${why}, and a component sees claimed files alone (\`files.read\`)`);
    return null;
  };
  return {
    look,
    reaches,
    refuse,
    refused,
    read(path) {
      if (look(path) === null) throw fileError("no-entry");
      return ask(() => files.readBytes(path));
    },
    list(path) {
      if (path !== "." && look(path)?.kind !== "directory") return [];
      const at = (name: string) => (path === "." ? name : `${path}/${name}`);
      return ask(() => files.list(path).entries).filter(({ name, kind }) => sees(at(name), kind));
    },
    mayWrite(path) {
      if (!write || scope === null) throw refuse(path, "write", "this component may only read", "read-only");
      const decision = judgeWrite(scope, path);
      if (!decision.allow) throw refuse(path, "write", decision.why);
    },
  };
}

/** Sentences, each once, and not without end. */
function createNotes() {
  const notes = new Set<string>();
  return {
    note: (sentence: string) => void (notes.size < COMPONENT_LIMITS.refused_max && notes.add(sentence)),
    refused: () => [...notes],
  };
}

const none = () => {
  throw new HostError("missing", "There are no files here");
};

/** Files for a component that is not working on a task. */
export const NO_FILES: Files = {
  readBytes: none,
  readText: none,
  write: none,
  remove: none,
  stat: () => null,
  list: () => ({ entries: [], count: 0 }),
};

const CODES: Readonly<Record<HostErrorCode, ErrorCode>> = {
  missing: "no-entry",
  exists: "exist",
  outside: "not-permitted",
  link: "loop",
  not_a_file: "not-directory",
  binary: "illegal-byte-sequence",
  too_large: "file-too-large",
  not_claimed: "not-permitted",
  reserved: "not-permitted",
  read_only: "read-only",
  io: "io",
};
