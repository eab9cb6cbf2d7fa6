import { BUILTINS, INTERPRETED } from "./interpreted/names.ts";
import type { Level } from "./isolate/confinement.ts";
import type { Shell } from "./shell/open.ts";
import { type Invocation, unwrap } from "./shell/unwrap.ts";

/**
 * The native programs that a shell text would start, by name, each once. Without a jail none of them is there. What has
 * the look of a file (`x.sh`) is not counted: the shell may read it itself.
 */
export function nativePrograms({ parse }: Shell, text: string): string[] {
  const { invocations } = unwrap(parse, text);
  const started = invocations.filter((one) => !isScriptFile(one));
  const names = started.flatMap(({ words: [first] }) => (first?.known ? [first.text] : []));
  const isNative = (name: string) =>
    /^[\w+-]+$/.test(name) && !INTERPRETED.includes(name) && !BUILTINS.includes(name) && !defines(text, name);
  return [...new Set(names)].filter(isNative);
}

/** What a shell is told to read as a file stands in its own command; a text that it is given stands by itself. */
const isScriptFile = ({ inside, text }: Invocation): boolean => {
  const reader = inside.at(-1) ?? "";
  return READERS.includes(reader) && text.split(/\s+/).includes(reader);
};
const READERS = [".", "source", "sh", "bash", "dash", "ash"];

/** A function of the text's own. */
const defines = (text: string, name: string): boolean =>
  new RegExp(`(^|[\\s;&|])(function\\s+)?${name.replaceAll("+", "\\+")}\\s*\\(\\s*\\)`).test(text) ||
  new RegExp(`\\bfunction\\s+${name.replaceAll("+", "\\+")}\\b`).test(text);

/** What confines a command at a level, in a sentence. `reads`: whether commands may read all of the machine. */
export function confinesAt(level: Level | null, reads: "all" | "limited"): string {
  if (level === "wasm")
    return "It is interpreted, and no native program is started: the file host makes each write, and asks the claims; there is no network";
  const writes = "Writes reach the claims and a private temporary folder alone";
  const network = "the network is as [sandbox] hosts says";
  if (reads === "all") return `${writes}, reads anything ([sandbox] read = "all"), and ${network}`;
  const rest = level === null ? "" : `; ${HIDDEN[level]}`;
  return `${writes}, reads the worktree, the toolchain and what [sandbox] read adds, and ${network}${rest}`;
}

const HIDDEN: Readonly<Record<Exclude<Level, "wasm">, string>> = {
  bwrap: "what may not be read is not there",
  landlock: "what may not be read cannot be opened, but its name, size and times can be seen",
  seatbelt: "what may not be read cannot be opened",
};
