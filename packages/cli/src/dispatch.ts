import { DgovError } from "@dgov/governor/error";
import { nearest } from "@dgov/governor/nearest";
import type { Command, Done, Here } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type Failure, failureOf, printFailure } from "./print.ts";

/**
 * argv → command → view → text or JSON. The one place that catches, and the one that turns an end into an exit status:
 * 0 good · 1 the plan or a gate failed · 2 usage · 3 plan or configuration · 4 repository · 5 tool or provider missing
 * · 6 conflict · 70 a bug of ours · 130 interrupted.
 */
export async function dispatch(argv: readonly string[], outside: Here): Promise<number> {
  const asked = readGlobals(argv, outside.env);
  const here = withJson(outside, asked.json);
  let name: string | null = null;
  try {
    const { load, rest } = resolve(asked);
    const command = await load();
    name = command.name;
    return await print(await command.perform(rest, here), here);
  } catch (error) {
    if (isBrokenPipe(error)) return 0; // whoever read us has seen enough
    return await fail(withPage(failureOf(error), name), here);
  }
}

/** The end of a command that cannot even begin, told as its own failure would be. @returns its exit status */
export const refuse = (argv: readonly string[], here: Here, error: DgovError): Promise<number> =>
  fail(failureOf(error), withJson(here, readGlobals(argv, here.env).json));

/** Wrong usage that says no cure of its own: the page of the help that is about this command. */
const withPage = (failure: Failure, name: string | null): Failure =>
  name !== null && failure.hint === 'See "dgov help"' ? { ...failure, hint: `See "dgov help ${name}"` } : failure;

type Asked = { json: boolean; help: boolean; version: boolean; words: readonly string[] };

/** Takes out what every command understands, wherever it stands before a `--`. */
function readGlobals(argv: readonly string[], env: Here["env"]): Asked {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const before = argv.slice(0, end);
  const has = (...names: string[]) => before.some((token) => names.includes(token));
  const globals = ["--json", "--help", "-h"];
  return {
    json: has("--json") || ["1", "true", "yes"].includes(env.DGOV_JSON ?? ""),
    help: has("--help", "-h"),
    version:
      before.every((token) => globals.includes(token) || /^(--version|-V)$/.test(token)) && has("--version", "-V"),
    words: [...before.filter((token) => !globals.includes(token)), ...argv.slice(end)],
  };
}

/** The getters of `Here` cost time when they are asked, so a copy must not ask them. */
const withJson = (here: Here, json: boolean): Here => {
  const all = { ...Object.getOwnPropertyDescriptors(here), json: { value: json, enumerable: true } };
  return Object.defineProperties({} as Here, all); // to spread it would be to ask
};

function resolve({ words, help, version }: Asked): { load: () => Promise<Command>; rest: readonly string[] } {
  if (version) return { load: named("version"), rest: [] };
  const [first, second] = words;
  if (first === undefined || first.startsWith("-"))
    return help ? { load: named("help"), rest: [] } : { load: named("status"), rest: words };
  const two = `${first} ${second}`;
  const name = two in COMMANDS ? two : first in COMMANDS ? first : null;
  if (help && (name || isGroup(first))) return { load: named("help"), rest: (name ?? first).split(" ") };
  if (!name) throw unknownCommand(first, second);
  return { load: named(name), rest: words.slice(name.split(" ").length) };
}

function named(name: string): () => Promise<Command> {
  const load = COMMANDS[name];
  if (!load) throw unknownCommand(name, undefined);
  return load;
}

const isGroup = (word: string) => Object.keys(COMMANDS).some((name) => name.startsWith(`${word} `));

function unknownCommand(first: string, second: string | undefined): DgovError {
  if (isGroup(first)) {
    const members = Object.keys(COMMANDS).filter((name) => name.startsWith(`${first} `));
    const said = second === undefined ? "one more word is needed" : `there is no command "${first} ${second}"`;
    return new DgovError("usage", `Cannot run "dgov ${first}": ${said}: ${members.join(", ")}`);
  }
  const close = nearest(first, Object.keys(COMMANDS));
  const hint = close ? `Did you mean "dgov ${close}"?` : 'See "dgov help"';
  return new DgovError("usage", `Cannot run "dgov ${first}": there is no such command`, { hint });
}

async function print(done: Done, here: Here): Promise<number> {
  for (const note of done.notes) here.stderr(note);
  const text = here.json ? JSON.stringify(done.json, null, 2) : done.text();
  try {
    if (done.json !== undefined && text !== "") await here.stdout(text);
  } catch (error) {
    if (!isBrokenPipe(error)) throw error;
  }
  return done.exit;
}

async function fail(failure: Failure, here: Here): Promise<number> {
  await printFailure(failure, here);
  return here.signal.aborted ? 130 : failure.exit;
}

const isBrokenPipe = (error: unknown) => error instanceof Error && "code" in error && error.code === "EPIPE";
