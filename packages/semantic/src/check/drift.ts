import type { FindingKind, Side } from "../finding.ts";
import type { Linker } from "../linker/linker.ts";
import { isNamed } from "../linker/named.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import type { Call } from "../summary.ts";
import type { Signature } from "../unit.ts";

import { type Bound, bindCall, shifted } from "./bind_call.ts";
import { asElement, type Callable, callableOf } from "./callable.ts";
import type { Check, Work } from "./check.ts";
import * as places from "./places.ts";
import { dotted, referencesOf, written } from "./references.ts";
import * as report from "./report.ts";
import { returnArity } from "./return_arity.ts";
import { contentsIn, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, other, SIDES } from "./trees.ts";

/** Calls that one side wrote, of what the other side made something else of. */
export const driftedCalls: Check = (work) => work.scene.files.flatMap((file) => inFile(work, file));

/** A call in the merged tree, the parent that has it too, and what is called in either. */
type Drift = {
  scene: Scene;
  file: MergedFile;
  call: Call;
  side: Side;
  outcome: FoundOutcome;
  now: Callable;
  before: Callable;
};
type FoundOutcome = Extract<Outcome, { is: "found" }>;

function inFile({ scene, worth, touched }: Work, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  const isWorth = worth(file);
  const makers = SIDES.some((side) => touched[side].makers && file.changed[other(side)]);
  return (contents?.summary.calls ?? []).flatMap((call) => {
    const gives = call.form === "element" && call.named.some((name) => isWorth({ ...call.callee, name, members: [] }));
    if (!makers && !gives && !isWorth(call.callee)) return [];
    const drift = driftOf(scene, file, call);
    return drift ? QUESTIONS.flatMap((question) => question(drift)) : [];
  });
}

function driftOf(scene: Scene, file: MergedFile, call: Call): Drift | null {
  const outcome = scene.link.merged.follow(file.path, call.callee, timeOf(call));
  const now = calledBy(scene.link.merged, outcome, call);
  if (!now || outcome.is !== "found") return null;
  const parents = SIDES.flatMap((side) => {
    const contents = contentsIn(scene, side, file);
    const path = pathIn(file, side);
    const same = (contents && referencesOf(contents).calls.get(dotted(call.callee))) ?? [];
    const at =
      same.find((one) => one.unit === call.unit && isAlike(one, call)) ?? same.find((one) => isAlike(one, call));
    if (!at || path === null) return [];
    const before = calledBy(scene.link[side], scene.link[side].follow(path, at.callee, timeOf(call)), at);
    return [{ side, before }];
  });
  const same = ({ before }: { before: Callable | null }) => before !== null && looks(before) === looks(now);
  // Who has the call beside the callee as it is now has seen both together.
  if (parents.length === 0 || parents.some(same)) return null;
  const [first] = parents;
  if (!first?.before || parents.some(({ before }) => before === null)) return null;
  return { scene, file, call, side: first.side, outcome, now, before: first.before };
}

/** A literal is of a type, and all else is called when it runs. */
const timeOf = ({ form }: Call) => (form === "literal" ? "types" : "run");

function calledBy(linker: Linker, outcome: Outcome, { callee, form }: Call): Callable | null {
  if (form === "literal" && !(outcome.is === "found" && isType(outcome))) return null;
  const callable = callableOf(linker, outcome, callee);
  return callable && form === "element" ? asElement(linker, callable) : callable;
}

/** What a class has is there when it is made by its constructor, and not where its members are written out. */
const isType = ({ target }: FoundOutcome) => target.is === "definition" && target.binding.kind === "type";

const isAlike = (a: Call, b: Call) =>
  a.form === b.form &&
  a.placed === b.placed &&
  a.spread === b.spread &&
  a.partial === b.partial &&
  a.named.join() === b.named.join();

/** All of a callable that a caller may depend on, but for what it does. */
const looks = ({ kind, parameters, overloads, decorators, signature, unit }: Callable): string =>
  JSON.stringify([
    kind,
    parameters,
    overloads,
    decorators,
    signature?.is_async,
    signature?.is_generator,
    unit?.hashes.syntax,
  ]);

type Question = (drift: Drift) => report.Fault[];

const fitting: Question = (drift) => {
  const { call, now, before } = drift;
  if (!now.parameters || !before.parameters) return [];
  if (now.overloads.length + before.overloads.length > 0) return overloaded(drift);
  const [was, is] = [bindCall(before.parameters, call), bindCall(now.parameters, call)];
  if (was.problem !== null) return [];
  if (is.problem !== null)
    return [fault(drift, "signature_drift", weigh(drift), `and after the merge the call does not fit: ${is.problem}`)];
  const moved = shifted(was, is, now.parameters);
  if (moved)
    return [
      fault(
        drift,
        "signature_drift",
        weigh(drift),
        `and after the merge an argument meant for \`${moved.was}\` goes to \`${moved.is}\``,
      ),
    ];
  const other = retyped(drift, was, is);
  if (other !== null) return [fault(drift, "signature_drift", weigh(drift), other)];
  return defaults(drift, was, is);
};

/** A call that fitted one of the heads has to fit one of those that are there now. */
function overloaded(drift: Drift): report.Fault[] {
  const { call, now, before } = drift;
  const fits = ({ overloads, parameters }: Callable) =>
    (overloads.length > 0 ? overloads : [parameters ?? []]).some((one) => bindCall(one, call).problem === null);
  if (!fits(before) || fits(now)) return [];
  return [fault(drift, "signature_drift", weigh(drift), "and after the merge it fits none of its overloads")];
}

/** A parameter that took one plain type and takes another one: no value is of both. */
function retyped({ scene, file, before, now }: Drift, was: Bound, is: Bound): string | null {
  const plain = scene.link.merged.rules(file.path)?.calls.plain_types ?? [];
  const typesOf = ({ parameters }: Callable, name: string | undefined) => {
    const types =
      parameters
        ?.find((one) => one.name === name)
        ?.annotation?.split("|")
        .map((one) => one.trim()) ?? [];
    return types.length > 0 && types.every((one) => plain.includes(one)) ? types : null;
  };
  for (const [at, name] of is.placed.entries()) {
    const [old, own] = [typesOf(before, was.placed[at]), typesOf(now, name)];
    if (old && own && !old.some((one) => own.includes(one)))
      return `and after the merge \`${name}\` takes ${own.join(" | ")}: it was ${old.join(" | ")}`;
  }
  return null;
}

function defaults(drift: Drift, was: Bound, is: Bound): report.Fault[] {
  const value = (callable: Callable, name: string) =>
    callable.parameters?.find((one) => one.name === name)?.default ?? null;
  const changed = is.omitted.find((name) => {
    const [before, now] = [value(drift.before, name), value(drift.now, name)];
    return was.omitted.includes(name) && before !== null && now !== null && before !== now;
  });
  if (changed === undefined) return [];
  const words = `and leaves out \`${changed}\`, whose default is \`${value(drift.now, changed)}\` now and was \`${value(drift.before, changed)}\``;
  return [fault(drift, "default_drift", report.LIKELY, words)];
}

const waiting: Question = (drift) => {
  const { call, now, before, scene } = drift;
  const [was, is] = [before.signature, now.signature];
  if (!was || !is || was.is_async === is.is_async || is.is_generator !== was.is_generator) return [];
  const promises = scene.link.merged.rules(drift.file.path)?.calls.promises ?? [];
  if (promises.length > 0) return promised(drift, { was, is, promises });
  if (is.is_async) {
    if (call.awaited || call.partial) return [];
    return [fault(drift, "async_drift", weigh(drift), "and does not wait for it: it has become asynchronous")];
  }
  if (!call.awaited) return [];
  // What is not asynchronous itself may still give back something to wait for, when it calls something.
  const certain = !hands(drift);
  return [
    fault(
      drift,
      "async_drift",
      certain ? weigh(drift) : report.LIKELY,
      "and waits for it: it is not asynchronous any more",
    ),
  ];
};

type Promised = { was: Signature; is: Signature; promises: readonly string[] };

/** Where anything can be waited for, only what does more with a result has to know whether it is a promise of one. */
function promised(drift: Drift, { was, is, promises }: Promised): report.Fault[] {
  const { use, awaited, partial } = drift.call;
  const says = ({ returns }: Signature) => returns?.split(/\W+/).some((word) => promises.includes(word)) ?? false;
  if (says(was) && says(is)) return [];
  if (!is.is_async) {
    if (use !== "promise" || says(is)) return [];
    const words = "and asks for its promise: it is not asynchronous any more";
    return [fault(drift, "async_drift", is.returns === null && hands(drift) ? report.LIKELY : weigh(drift), words)];
  }
  if (awaited || partial || use === "promise" || says(was)) return [];
  const certain = use === "subscript" || use === "iterate" || use.startsWith("unpack");
  const words = "and does not wait for it: it has become asynchronous";
  return [fault(drift, "async_drift", certain ? weigh(drift) : report.LIKELY, words)];
}

/** Whether what is called may give back what it got from another call. */
function hands({ scene, now }: Drift): boolean {
  const calls = scene.link.merged.contents(now.path)?.summary.calls ?? [];
  return calls.some(({ unit, use }) => unit === now.unit?.key && use !== "none");
}

const decorated: Question = (drift) => {
  const rules = drift.scene.link.merged.rules(drift.file.path)?.calls;
  const names = ({ decorators }: Callable) => decorators.map(({ name, arguments: given }) => `${name} ${given ?? ""}`);
  const [was, is] = [names(drift.before), names(drift.now)];
  const changed = [...drift.before.decorators, ...drift.now.decorators].filter(({ name, arguments: given }) => {
    const text = `${name} ${given ?? ""}`;
    return was.includes(text) !== is.includes(text) && !isNamed(name, rules?.transparent ?? []);
  });
  const [first] = changed;
  if (!first || drift.now.kind !== drift.before.kind) return [];
  const found = [
    fault(drift, "decorator_drift", report.LIKELY, `whose decorator \`${first.name}\` was added, removed or changed`),
  ];
  if (changed.some(({ name }) => isNamed(name, rules?.wrapping ?? [])) && uses(drift.call))
    found.push(
      fault(
        drift,
        "return_shape_drift",
        report.LIKELY,
        `and takes its result apart, which \`${first.name}\` has changed`,
      ),
    );
  return found;
};

const uses = ({ use }: Call) => use === "subscript" || use === "iterate" || use.startsWith("unpack");

const shaped: Question = (drift) => {
  const [was, is] = [drift.before.signature, drift.now.signature];
  if (!was || !is || drift.now.decorators.length !== drift.before.decorators.length) return [];
  if (was.is_generator === is.is_generator) return [...otherType(drift, was, is), ...unpacked(drift)];
  if (!is.is_generator) return [];
  const { use } = drift.call;
  if (use === "subscript")
    return [fault(drift, "return_shape_drift", weigh(drift), "by an index: it has become a generator")];
  if (use !== "none" && use !== "value") return [];
  const words = "though it has become a generator, and does nothing until it is asked";
  return [fault(drift, "return_shape_drift", report.LIKELY, words)];
};

/** The result is taken apart, and what is written of its type is not what it was. */
function otherType(drift: Drift, was: Signature, is: Signature): report.Fault[] {
  const checked = drift.scene.link.merged.rules(drift.file.path)?.names.checked_types;
  if (!checked || !uses(drift.call) || was.returns === null || is.returns === null) return [];
  if (was.returns === is.returns || was.is_async !== is.is_async) return [];
  const words = `and takes its result apart: it gives back ${is.returns} and gave ${was.returns}`;
  return [fault(drift, "return_shape_drift", report.LIKELY, words)];
}

/** The result is taken apart into as many names as there were values, and there are more or fewer now. */
function unpacked(drift: Drift): report.Fault[] {
  const { scene, call, before, now, side } = drift;
  const names = /^unpack (\d+)$/.exec(call.use)?.[1];
  if (names === undefined || scene.link.merged.rules(drift.file.path)?.calls.arity !== "strict") return [];
  const arity = ({ unit, path }: Callable, tree: Side | "merged") => {
    const text = scene.trees[tree].file(path)?.text;
    return unit && typeof text === "string" ? returnArity(text, unit) : null;
  };
  const [had, has] = [arity(before, side), arity(now, "merged")];
  if (had !== Number(names) || has === had) return [];
  const doubt = `and takes ${names} values from it, which it may not give back any more`;
  if (has === null) return [fault(drift, "return_shape_drift", report.LIKELY, doubt)];
  return [fault(drift, "return_shape_drift", weigh(drift), `and takes ${names} values from it: it gives back ${has}`)];
}

const alike: Question = (drift) => {
  const { now, before } = drift;
  if (now.kind === before.kind || drift.call.form === "element") return [];
  const callable = (kind: Callable["kind"]) => kind !== "property" && kind !== "value";
  if (callable(before.kind) && now.kind === "property")
    return [fault(drift, "kind_drift", weigh(drift), "as a method: it has become a property")];
  if (now.kind === "abstract_class")
    return [fault(drift, "kind_drift", weigh(drift), "to make one: it is abstract now")];
  if (callable(before.kind) && now.kind === "value") {
    const constant = drift.outcome.target.is === "definition" && drift.outcome.target.binding.value !== null;
    return [fault(drift, "kind_drift", constant ? weigh(drift) : report.LIKELY, "as a function: it is a value now")];
  }
  return [];
};

/** The body of what one side newly calls was changed by the other. A change of its head is another question. */
const behaving: Question = (drift) => {
  const { now, before, call, side, scene, file } = drift;
  if (!now.unit || !before.unit || drift.outcome.likely !== null || now.unit.hashes.body === before.unit.hashes.body)
    return [];
  if (now.unit.hashes.header !== before.unit.hashes.header || now.unit.kind === "class") return [];
  if (call.form === "literal") return [];
  // What the base has under another name, or not at all, is no callee that was changed.
  const old = scene.link.base.contents(now.path)?.units.has(now.unit.key);
  const base = contentsIn(scene, "base", file);
  const had =
    base &&
    referencesOf(base)
      .calls.get(dotted(call.callee))
      ?.some(({ unit }) => unit === call.unit);
  if (had || !old || !SIDES.includes(side)) return [];
  return [fault(drift, "callee_changed", report.HINT, "and what it does was changed")];
};

const QUESTIONS: readonly Question[] = [fitting, waiting, decorated, shaped, alike, behaving];

function weigh({ call, outcome, scene, file, now }: Drift): report.Weight {
  if (call.guarded || call.spread || now.doubt !== undefined) return report.HINT;
  if (outcome.likely !== null || call.partial) return report.LIKELY;
  return scene.link.merged.rules(file.path)?.calls.arity === "strict" ? report.CERTAIN : report.LIKELY;
}

function fault(drift: Drift, kind: FindingKind, weight: report.Weight, words: string): report.Fault {
  const { scene, file, call, side, outcome, now, before } = drift;
  const changed = other(side);
  const place = places.placeOf(scene.trees.merged, file.path, call);
  const head = (callable: Callable, tree: Side) =>
    callable.unit ? places.excerpt(scene.trees[tree], callable.path, places.nameLine(callable.unit)) : null;
  const causes = [
    report.cause(changed, "changed", places.targetPlace(scene, "merged", outcome.target), {
      was: head(before, side),
      is: head(now, changed),
    }),
    report.cause(side, "added", place, { is: places.excerpt(scene.trees.merged, file.path, call.span) }),
  ];
  const sentence = `${report.calls(scene.merge, side)} calls \`${written(call.callee)}\`, which ${report.calls(scene.merge, changed)} changed, ${words}`;
  const subjects = [targetKey(outcome.target), places.subject(file.path, call.unit)];
  const fix =
    kind === "signature_drift" && weight.verdict === "block"
      ? report.fix("pass_argument", "Bring the call in line with the new head")
      : null;
  return { kind, ...weight, subjects, place, causes, sentence, fix };
}
