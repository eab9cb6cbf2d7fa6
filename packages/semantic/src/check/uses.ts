import type { Side } from "../finding.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import type { Read } from "../summary.ts";
import { holders } from "./blame.ts";
import { type Callable, callableOf } from "./callable.ts";
import type { Check, Work } from "./check.ts";
import * as places from "./places.ts";
import { calleeKey, referencesOf, written } from "./references.ts";
import * as report from "./report.ts";
import { contentsIn, type Scene } from "./scene.ts";
import { type MergedFile, other } from "./trees.ts";

/** Names that one side newly uses without calling them, and of which the other side made something else. */
export const driftedUses: Check = (work) => work.scene.files.flatMap((file) => inFile(work, file));

type Use = { scene: Scene; file: MergedFile; read: Read; side: Side; now: Found; before: Found };
type Found = Extract<Outcome, { is: "found" }>;

function inFile({ scene, worth }: Work, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  const base = contentsIn(scene, "base", file);
  const isWorth = worth(file);
  if (!contents) return [];
  const { reads, called } = referencesOf(contents);
  const old = base ? referencesOf(base).reads : null;
  return [...reads].flatMap(([key, all]) =>
    all.flatMap((read) => {
      const had = old?.get(key)?.some(({ unit }) => unit === read.unit);
      if (had || read.time !== "run" || !isWorth(read)) return [];
      return useOf(scene, file, read, called.has(calleeKey(read, read.span)));
    }),
  );
}

function useOf(scene: Scene, file: MergedFile, read: Read, isCalled: boolean): report.Fault[] {
  const now = scene.link.merged.follow(file.path, read, "run");
  if (now.is !== "found") return [];
  const held = holders(scene, file, read, "run");
  const [first] = held;
  if (held.length !== 1 || first?.outcome.is !== "found") return [];
  if (targetKey(first.outcome.target) !== targetKey(now.target)) return [];
  const use = { scene, file, read, side: first.side, now, before: first.outcome };
  return [...changedValue(use), ...(isCalled ? [] : changedKind(use))];
}

function changedValue(use: Use): report.Fault[] {
  const [was, is] = [constantOf(use.before), constantOf(use.now)];
  if (was === null || is === null || was === is) return [];
  return [fault(use, "value_drift", report.HINT, `: it is \`${is}\` now and was \`${was}\``)];
}

function constantOf({ target, rest }: Found): string | null {
  if (rest.length > 0 || target.is === "module") return null;
  return target.is === "definition" ? target.binding.value : target.member.value;
}

function changedKind(use: Use): report.Fault[] {
  const { scene, read, side } = use;
  const now = callableOf(scene.link.merged, use.now, read);
  const before = callableOf(scene.link[side], use.before, read);
  if (!now || !before) return [];
  const found: report.Fault[] = [];
  if (isAsync(now) !== isAsync(before))
    found.push(
      fault(
        use,
        "async_drift",
        report.HINT,
        isAsync(now) ? ": it has become asynchronous" : ": it is not asynchronous any more",
      ),
    );
  if (before.kind === "property" && now.kind === "method") {
    const weight = use.now.likely !== null ? report.LIKELY : read.guarded ? report.HINT : report.CERTAIN;
    found.push(fault(use, "kind_drift", weight, ": it was a property and has to be called now"));
  }
  return found;
}

const isAsync = ({ signature }: Callable): boolean => signature?.is_async ?? false;

function fault(use: Use, kind: report.Fault["kind"], weight: report.Weight, words: string): report.Fault {
  const { scene, file, read, side, now } = use;
  const changed = other(side);
  const place = places.placeOf(scene.trees.merged, file.path, read);
  return {
    kind,
    ...weight,
    subjects: [targetKey(now.target), places.subject(file.path, read.unit)],
    place,
    causes: [
      report.cause(changed, "changed", places.targetPlace(scene, "merged", now.target)),
      report.cause(side, "added", place, { is: written(read) }),
    ],
    sentence: `${report.calls(scene.merge, side)} uses \`${written(read)}\`, which ${report.calls(scene.merge, changed)} changed${words}`,
    fix: null,
  };
}
