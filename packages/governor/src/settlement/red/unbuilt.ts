import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { z } from "zod";
import { jsonIn } from "../../json_text.ts";

/**
 * What a compiler has against tests, one fault each. `path` as the compiler names the file, null: it names none; `absent`: by
 * the compiler's own code the name that is asked for is not there.
 */
export type Fault = { path: string | null; absent: boolean; message: string };

export type CompilerKind = "rustc" | "go";

/**
 * Reads what a compiler says to programs. Whatever it does not understand is a fault that is no absent name.
 *
 * @returns [] when it says of nothing that it cannot be built
 */
export const readFaults = (kind: CompilerKind, text: string): Fault[] => READERS[kind](text);

const READERS: Readonly<Record<CompilerKind, (text: string) => Fault[]>> = { rustc, go };

/**
 * Why tests that cannot be built are red for the right reason: all that is wrong is that they use, in their own files, names that are
 * not there. That a name is written wrong nobody can tell before it is made, so they are told.
 *
 * @param at the checkout, and the tests' paths in it
 * @returns the compiler's words; null: something else is wrong, or nobody can tell
 */
export function absentNames(
  faults: readonly Fault[],
  { root, tests }: { root: string; tests: readonly string[] },
): string[] | null {
  const isTest = (path: string | null) => path !== null && tests.some((one) => isSame(path, one, root));
  if (faults.length === 0 || !faults.every(({ path, absent }) => absent && isTest(path))) return null;
  return [...new Set(faults.map(({ message }) => message))];
}

/** A compiler that was started in a folder names files from there on. */
function isSame(said: string, path: string, root: string): boolean {
  const at = posix.normalize(said);
  return at === path || (path.endsWith(`/${at}`) && !existsSync(join(root, at)));
}

const Message = z.object({
  reason: z.literal("compiler-message"),
  message: z.object({
    level: z.string(),
    message: z.string(),
    code: z.object({ code: z.string() }).nullable(),
    spans: z.array(z.object({ file_name: z.string(), is_primary: z.boolean() })),
  }),
});

/** Names, types, traits, imports, paths, methods, fields that cannot be found: `rustc --explain CODE` says so of each. */
const RUST_ABSENT: ReadonlySet<string> = new Set([
  "E0405",
  "E0412",
  "E0422",
  "E0425",
  "E0432",
  "E0433",
  "E0531",
  "E0560",
  "E0599",
  "E0609",
]);

/** The lines of `cargo --message-format=json`. */
function rustc(text: string): Fault[] {
  return text.split("\n").flatMap((line): Fault[] => {
    if (!line.includes('"compiler-message"')) return [];
    const said = Message.safeParse(jsonIn(line)).data?.message;
    if (said === undefined) return [UNREAD];
    if (!said.level.startsWith("error")) return [];
    const [first, ...more] = said.spans.filter(({ is_primary }) => is_primary);
    const path = more.every(({ file_name }) => file_name === first?.file_name) ? (first?.file_name ?? null) : null;
    return [{ path, absent: RUST_ABSENT.has(said.code?.code ?? ""), message: said.message }];
  });
}

const UNREAD: Fault = { path: null, absent: false, message: "The compiler says what cannot be read" };

const GoLine = z.object({
  Action: z.string(),
  ImportPath: z.string().optional(),
  Package: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
  FailedBuild: z.string().optional(),
});
type GoLine = z.infer<typeof GoLine>;

/** As go's `internal/types/errors` calls names that are not there. */
const GO_ABSENT: ReadonlySet<string> = new Set([
  "UndeclaredName",
  "UndeclaredImportedName",
  "MissingFieldOrMethod",
  "MissingLitField",
]);

/** The lines of `go test -json` with the compiler's `-errorurl`, which ends each fault with its code. */
function go(text: string): Fault[] {
  const lines = text.split("\n").flatMap((line) => GoLine.safeParse(jsonIn(line)).data ?? []);
  const said = lines.flatMap((line) =>
    line.Action === "build-output"
      ? goFault(line.Output ?? "").map((fault) => ({ ...fault, of: line.ImportPath }))
      : [],
  );
  const told = new Set(said.map(({ of }) => of));
  const silent = lines.filter(({ Action, ImportPath }) => Action === "build-fail" && !told.has(ImportPath));
  const died = lines.filter((line) => isDead(line, lines));
  return [...said, ...[...silent, ...died].map(() => UNREAD)];
}

/** A package that has failed, and was built, and has no test that failed. */
const isDead = ({ Action, Test, FailedBuild, Package }: GoLine, lines: readonly GoLine[]): boolean =>
  Action === "fail" &&
  Test === undefined &&
  FailedBuild === undefined &&
  !lines.some((one) => one.Action === "fail" && one.Test !== undefined && one.Package === Package);

function goFault(output: string): Fault[] {
  const line = output.trimEnd();
  if (line === "" || line.startsWith("# ") || line.startsWith("\t")) return []; // the package; more of the line before
  const [, path, message = "", code = ""] =
    /^(\S[^:]*\.go):\d+(?::\d+)?: (.*?)(?: \[go\.dev\/e\/(\w+)\])?$/.exec(line) ?? [];
  return path === undefined ? [UNREAD] : [{ path, absent: GO_ABSENT.has(code), message }];
}
