import type { z } from "zod";
import { readArgv } from "./argv.ts";

/** What a command may know of the world: all that is not in its flags comes from here, so that a test can give it. */
export type Here = {
  cwd: string; // absolute
  env: Readonly<Record<string, string | undefined>>;
  self: readonly string[]; // argv prefix that starts this program again
  version: string;
  json: boolean; // the caller reads JSON; only a command that streams needs to ask
  terminal: Terminal;
  now_ms(): number; // milliseconds since the Unix epoch
  random(): number; // in [0, 1)
  sleep_ms(ms: number, signal?: AbortSignal): Promise<void>; // ends early, without an error, when a signal fires
  readonly signal: AbortSignal; // Ctrl-C or SIGTERM; asking for it is what takes over the keyboard's default
  stdout(line: string): Promise<void>; // for a command that streams; the others return a view
  stderr(line: string): void; // logs, warnings, progress in plain lines
};

/**
 * Where a live view may be drawn. `write` goes to stderr, so that stdout keeps the result alone, and `isTty` is about
 * stderr; `outIsTty` is about stdout, for a command that streams its lines there, and `inIsTty` about stdin, for one that asks.
 */
export type Terminal = {
  isTty: boolean;
  outIsTty: boolean;
  inIsTty: boolean;
  columns: number;
  write(text: string): void;
};

type Shape = z.ZodObject;
type Input<Args extends Shape, Flags extends Shape> = z.infer<Args> & z.infer<Flags>;

/**
 * A command as its file writes it. It prints nothing: `run` gives a view, `--json` prints the view, else `text` does.
 *
 * `name`   one word or two ("plan list")
 * `examples`  lines as a user types them, at least one. Each is run by test/examples.test.ts in the repository that
 *          test/example_shop.ts lays out; a word in capitals (RUN, ITEM) stands for an id
 * `args`   what stands without a dash, in the order of the keys; an array takes all that is left and must be the last
 * `flags`  `dry_run` is written `--dry-run`. Booleans, strings, numbers, enums, and arrays of them (repeat the flag).
 *          A boolean whose default is true is switched off by `--no-NAME`. Every flag has a `.describe()`.
 * `short`  one-letter names: `{ yes: "y" }`
 * `exit`   the status for this view; absent: 0
 * `notes`  lines for stderr, in text and in JSON mode
 */
export type CommandSpec<Args extends Shape, Flags extends Shape, View> = {
  name: string;
  summary: string;
  details?: string;
  examples: readonly [string, ...string[]];
  args: Args;
  flags: Flags;
  short?: Partial<Record<keyof z.infer<Flags> & string, string>>;
  run(input: Input<Args, Flags>, here: Here): Promise<View>;
  text(view: View): string;
  exit?(view: View): number;
  notes?(view: View): readonly string[];
};

/** What a command leaves behind: `json` is the view; undefined when it has streamed all it had to say. */
export type Done = { json: unknown; text(): string; exit: number; notes: readonly string[] };

/** A command with its types folded away, so that all of them fit in one table. */
export type Command = {
  name: string;
  summary: string;
  details: string;
  examples: readonly string[];
  args: Shape;
  flags: Shape;
  short: Readonly<Record<string, string>>; // long name → letter
  /** @throws DgovError `usage` when argv does not fit */
  perform(argv: readonly string[], here: Here): Promise<Done>;
};

/** The type of what a command prints as JSON; docs/schemas/output is made of it. No value has the key. */
export type CommandOf<View> = Command & { readonly view?: View };

/** Makes a command: `export const status = defineCommand({ … })`, one a file. */
export function defineCommand<Args extends Shape, Flags extends Shape, View>(
  spec: CommandSpec<Args, Flags, View>,
): CommandOf<View> {
  const short: Record<string, string> = {};
  for (const [flag, letter] of Object.entries(spec.short ?? {})) if (typeof letter === "string") short[flag] = letter;
  const { name, summary, details = "", examples, args } = spec;
  const face = { name, summary, details, examples, args };
  return {
    ...face,
    flags: spec.flags,
    short,
    async perform(argv, here) {
      const read = readArgv({ ...face, flags: spec.flags, short }, argv);
      const view = await spec.run({ ...spec.args.parse(read.args), ...spec.flags.parse(read.flags) }, here);
      return {
        json: view,
        text: () => spec.text(view),
        exit: spec.exit?.(view) ?? 0,
        notes: spec.notes?.(view) ?? [],
      };
    },
  };
}
