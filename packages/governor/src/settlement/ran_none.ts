import { stripVTControlCharacters } from "node:util";

/**
 * What a test runner says, for people, of how many tests it ran. `runs`: words of a command that starts it; `count`: how many
 * passed or failed by its output, null: it does not say. Skipped ones did not run.
 */
type Counter = { runs: RegExp; count: (text: string) => number | null };

const COUNTERS: readonly Counter[] = [
  { runs: /\bpy\.?test\b/, count: pytest },
  { runs: /\bunittest\b/, count: unittest },
  {
    runs: /\bnode\s+(?:\S+\s+)*?--test(?![\w-])/,
    count: (text) => sum(text, /^(?:#|ℹ) (?:pass|fail|cancelled) (\d+)$/gm),
  },
  { runs: /\bbun\s+(?:\S+\s+)*?test\b/, count: (text) => sum(text, /^ (\d+) (?:pass|fail)$/gm) },
  { runs: /\bvitest\b|\bjest\b/, count: jest },
  { runs: /\bgo\s+test\b/, count: go },
  { runs: /\bcargo\s+(?:\+\S+\s+)?test\b/, count: cargo },
];

/**
 * Whether a command that tests says of itself that it ran no test. What nobody can read has told nothing, and is not said to have run
 * none.
 *
 * @param text all that it wrote
 */
export function ranNone(command: string, text: string): boolean {
  const plain = stripVTControlCharacters(text);
  const counts = COUNTERS.filter(({ runs }) => runs.test(command)).map(({ count }) => count(plain));
  return counts.length > 0 && counts.every((count) => count === 0);
}

/** The numbers that stand at one kind of place, together; null: there is no such place. */
function sum(text: string, place: RegExp): number | null {
  const found = [...text.matchAll(place)];
  return found.length === 0 ? null : found.reduce((total, [, number]) => total + Number(number), 0);
}

const many = (text: string, place: RegExp): number => [...text.matchAll(place)].length;

/** Of lines that list what became of tests. */
const inLines = (text: string, line: RegExp, ran: RegExp): number | null => {
  const lines = [...text.matchAll(line)].map(([whole]) => whole);
  return lines.length === 0 ? null : (sum(lines.join("\n"), ran) ?? 0);
};

/** The last line, `1 passed, 2 skipped in 0.01s`, among marks or alone. */
function pytest(text: string): number | null {
  const line = /^(?:=+ )?(?:no tests ran|\d+ [a-z]+(?: [a-z]+)?(?:, \d+ [a-z]+(?: [a-z]+)?)*) in [\d.]+s\b.*$/gm;
  return inLines(text, line, /(\d+) (?:passed|failed|xpassed|xfailed|errors?)\b/g);
}

function unittest(text: string): number | null {
  const ran = sum(text, /^Ran (\d+) tests? in /gm);
  return ran === null ? null : ran - (sum(text, /^(?:OK|FAILED|NO TESTS RAN) \(.*?skipped=(\d+)/gm) ?? 0);
}

function jest(text: string): number | null {
  if (/^No tests? (?:files )?found, exiting with code 0$/m.test(text)) return 0;
  return inLines(text, /^(?:\s*Tests {2}.*\(\d+\)|Tests: .* total)$/gm, /(\d+) (?:passed|failed)\b/g);
}

/** A package without a test says so beside its "ok"; one that has none at all begins with a mark. */
function go(text: string): number | null {
  if (/^\{.*"Action":"start"/m.test(text)) return many(text, /^\{(?=.*"Test":")(?=.*"Action":"(?:pass|fail)").*\}$/gm);
  const told = many(text, /^(?:ok {2}|\? {3}|FAIL)\t\S+.*$/gm);
  return told === 0 ? null : told - many(text, /^(?:ok {2}|\? {3})\t.*\[no tests? (?:files|to run)\]$/gm);
}

/** Each program of tests that says so itself; one with a harness of its own does not. */
function cargo(text: string): number | null {
  const results = /^test result: \w+\. (?:\d+) passed; (?:\d+) failed;.*$/gm;
  const started = many(text, /^\s+(?:Running .*\(.*\)|Doc-tests \S+)$/gm);
  if (started > many(text, results)) return null;
  return inLines(text, results, /(\d+) (?:passed|failed);/g);
}
