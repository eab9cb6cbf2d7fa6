import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  degradations,
  type Metrics,
  newOffenders,
  type Offender,
  offendersOf,
  type Worse,
} from "@dgov/semantic/architecture";
import { COVERAGE_BASELINE, STRUCTURE_BASELINE, STRUCTURE_METADATA } from "./baseline_files.ts";
import { readProject } from "./config.ts";
import { dirtyPaths } from "./git/readiness.ts";
import { treeOf } from "./git/tree_object.ts";
import { findCommitPlace, gitIn, headOf } from "./preflight/place.ts";
import { baselineFiles, qualityOf } from "./structure/baseline.ts";
import { runSentrux } from "./structure/outside.ts";
import { type Asking, baselineIn, type Scan, withScan } from "./structure/scan.ts";
import { type Age, ageOf, staleWords } from "./structure/staleness.ts";
import { offenderWords } from "./structure/told.ts";
import { writeAtomic } from "./write.ts";

/** Who is past which limit, and in words. */
export type ShownOffender = Omit<Offender, "digest"> & { words: string };

/** By the program sentrux where the project asks for it: then there are its words, and no numbers but quality. */
type Outside = { by: "sentrux"; quality: number | null; path: string; output: string; degradation: boolean };

/** `quality` counts to 10,000; `path` is the checkout's root. */
export type CheckView = Outside | { by: "dgov"; quality: number; path: string; metrics: Metrics; offenders: number };

/** `metadata`: whether it says of which commit it is; null: why it does not. */
export type GateSaveView =
  | Outside
  | { by: "dgov"; quality: number; path: string; output: string; metadata: boolean; notice: string | null };

/** `degradation` null: the baseline is none of ours, so that its numbers say nothing. `known`: offenders that were there before. */
export type GateView =
  | Outside
  | {
      by: "dgov";
      degradation: boolean | null;
      quality_before: number | null;
      quality_after: number;
      before: Metrics | null;
      after: Metrics;
      worse: readonly Worse[];
      structural_offenders: { new: readonly ShownOffender[]; known: readonly ShownOffender[] };
      age: Age;
      stale: string | null;
    };

type OffendersView = { offenders: readonly ShownOffender[] };

/** `made_by`: "sentrux" where it is not one of ours. */
export type SentruxStatus = {
  baseline: string;
  made_by: "dgov" | "sentrux";
  quality: number | null;
  accepted_head: string | null;
  age: Age;
  stale: string | null;
};

const shown = ({ digest: _digest, ...offender }: Offender): ShownOffender => ({
  ...offender,
  words: offenderWords({ ...offender, digest: "" }),
});

/** Null: the project wants to be measured by dgov. */
async function bySentrux(asking: Asking, args: readonly string[]): Promise<Outside | null> {
  const { root } = findCommitPlace(asking);
  if (readProject(root).rules.baselines.by === "dgov") return null;
  const { quality, output, degraded } = await runSentrux({ cwd: root, env: asking.env }, args);
  return { by: "sentrux", quality, path: root, output, degradation: degraded };
}

/** What the working tree is like. */
export const checkStructure = async (asking: Asking): Promise<CheckView> =>
  (await bySentrux(asking, ["check", "."])) ??
  withScan(asking, async ({ git, metrics, offenders }) => ({
    by: "dgov",
    quality: qualityOf(metrics.quality_signal),
    ...{ path: git.root, metrics, offenders: offenders.length },
  }));

/** Writes what the working tree is like as what work is compared with from now on. Of which commit, only where it is one. */
export const saveStructure = async (asking: Asking): Promise<GateSaveView> =>
  (await bySentrux(asking, ["gate", "--save", "."])) ??
  withScan(asking, async ({ git, head, metrics }) => {
    const baselines = [STRUCTURE_BASELINE, STRUCTURE_METADATA, COVERAGE_BASELINE];
    const dirty = head === null ? [] : (await dirtyPaths(git)).filter((path) => !baselines.includes(path));
    const own = head !== null && dirty.length === 0 ? head : null;
    rmSync(join(git.root, STRUCTURE_METADATA), { force: true }); // what it says may be of another baseline
    for (const [path, text] of Object.entries(baselineFiles(metrics, { head: own, now_ms: asking.now_ms() })))
      writeAtomic(join(git.root, path), text);
    const why =
      head === null
        ? "there is no commit yet"
        : `${dirty.length === 1 ? "1 file is" : `${dirty.length} files are`} not committed`;
    const notice = own === null ? `It is of no commit, so nobody can say when it is stale: ${why}` : null;
    const quality = qualityOf(metrics.quality_signal);
    return { by: "dgov", quality, path: git.root, output: STRUCTURE_BASELINE, metadata: own !== null, notice };
  });

/** Compares the working tree with the baseline of the checkout. @throws DgovError `baseline_missing` */
export const compareStructure = async (asking: Asking): Promise<GateView> =>
  (await bySentrux(asking, ["gate", "."])) ??
  withScan(asking, async (scan) => {
    const { git, project, metrics, offenders, head } = scan;
    const baseline = baselineIn(git.root);
    const worse = baseline.metrics === null ? [] : degradations(baseline.metrics, metrics);
    const accepted = await acceptedOffenders(scan, baseline.accepted_head);
    const fresh = new Set(newOffenders(accepted, offenders));
    const age = await ageOf(git, baseline, { head: head ?? "HEAD", now_ms: asking.now_ms() });
    return {
      by: "dgov",
      degradation: baseline.metrics === null ? null : worse.length > 0,
      quality_before: baseline.quality,
      quality_after: qualityOf(metrics.quality_signal),
      before: baseline.metrics,
      ...{ after: metrics, worse, age, stale: staleWords(age, project.rules.baselines) },
      structural_offenders: {
        new: offenders.filter((one) => fresh.has(one)).map(shown),
        known: offenders.filter((one) => !fresh.has(one)).map(shown),
      },
    };
  });

/** What was past a limit when the baseline was made; of a commit that nobody has any more, what is so at HEAD. */
async function acceptedOffenders({ git, at, head }: Scan, accepted_head: string | null): Promise<Offender[]> {
  const [known] = accepted_head === null ? [null] : await git.objects.info([accepted_head]);
  const commit = known?.type === "commit" ? known.oid : head;
  return commit === null ? [] : offendersOf(await at(await treeOf(git, commit)));
}

/** All that is past a limit in the working tree. */
export const listOffenders = (asking: Asking): Promise<OffendersView> =>
  withScan(asking, async ({ offenders }) => ({ offenders: offenders.map(shown) }));

/** What is known of the baseline, without a look at the tree. @throws DgovError `baseline_missing` */
export async function structureStatus(asking: Asking): Promise<SentruxStatus> {
  const place = findCommitPlace(asking);
  const git = gitIn(place, asking.env);
  const baseline = baselineIn(git.root);
  const age = await ageOf(git, baseline, { head: headOf(place) ?? "HEAD", now_ms: asking.now_ms() });
  const { metrics, quality, accepted_head } = baseline;
  const stale = staleWords(age, readProject(git.root).rules.baselines);
  const made_by = metrics === null ? "sentrux" : "dgov";
  return { baseline: STRUCTURE_BASELINE, made_by, quality, accepted_head, age, stale };
}
