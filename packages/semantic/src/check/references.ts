import type { Contents } from "../linker/contents.ts";
import type { Name } from "../linker/linker.ts";
import type { Call, Read } from "../summary.ts";
import type { Span } from "../unit.ts";

/** A dotted name as it is compared between trees: what it is read from, and its dots. */
export function dotted({ name, members, self, instance, from }: Name): string {
  const start = self !== null ? `self ${self}` : instance !== null ? `a ${instance}` : name;
  const origin = from ? `${from.module} ${from.name ?? ""} ` : "";
  return `${origin}${[start, ...members].join(".")}`;
}

/** As it stands in the text, or nearly. */
export function written({ name, members, self, instance }: Name): string {
  const start = instance !== null && self === null ? `${instance}()` : name;
  return [start, ...members].join(".");
}

/** What is called, and where it starts: in `a().b` only `a` is called. */
export const calleeKey = (name: Name, span: Span): string => `${span[0]} ${dotted(name)}`;

/** All references of a text by their dotted name, and which of them are called. */
export type References = {
  reads: ReadonlyMap<string, readonly Read[]>;
  calls: ReadonlyMap<string, readonly Call[]>;
  called: ReadonlySet<string>; // the callees of calls, by `calleeKey`
};

const known = new WeakMap<Contents, References>();

export function referencesOf(contents: Contents): References {
  const before = known.get(contents);
  if (before) return before;
  const reads = new Map<string, Read[]>();
  for (const read of contents.summary.reads) gather(reads, dotted(read), read);
  const calls = new Map<string, Call[]>();
  for (const call of contents.summary.calls) gather(calls, dotted(call.callee), call);
  const called = new Set(contents.summary.calls.map(({ span, callee }) => calleeKey(callee, span)));
  const made = { reads, calls, called };
  known.set(contents, made);
  return made;
}

function gather<T>(map: Map<string, T[]>, key: string, value: T) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
