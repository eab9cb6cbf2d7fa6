import type { ExecRequest, Isolation } from "@dgov/sandbox";
import { type Keeper, keepFiles } from "../git/kept_files.ts";
import { treeOf } from "../git/tree_object.ts";
import { ignoreRule } from "../ignore.ts";
import { keptSetup } from "../kept_setup.ts";
import { hostsOrNone } from "../presets.ts";
import type { SetupSite } from "../run_setup.ts";
import { cacheForCommands, cacheForSetup } from "../tool_cache.ts";
import type { GivenSetup, IntegratedCandidate, Left } from "./candidate.ts";
import type { GateWatch } from "./unchanging.ts";

type Bench = Pick<
  IntegratedCandidate,
  "root" | "isolation" | "setupIsolation" | "giveSetup" | "takeLeft" | "baseline"
> & {
  watch: GateWatch;
};

/**
 * A checkout that stays what it is: see `Keeper`. `changed` has what the gate's commands did to tracked files, all put
 * back; `made`: what they put beside those, removed; `fresh`: the next command is the first of its gate.
 */
type Stand = {
  root: string;
  keeper: Keeper;
  changed: Set<string>;
  touched: Set<string>; // what they wrote, also where it says the same again
  made: Set<string>;
  fresh: boolean;
};

const newStand = (root: string, keeper: Keeper): Stand => ({
  ...{ root, keeper, changed: new Set(), touched: new Set(), made: new Set(), fresh: false },
});

/** A stand's own record, which is empty afterwards. */
function takeLeft({ changed, touched, made }: Stand): Left {
  const left = { changed: [...changed].sort(), made: [...made].sort() };
  changed.clear();
  touched.clear();
  made.clear();
  return left;
}

/**
 * A fresh checkout of a tree with an isolated process in it, and on demand one of the head beside it, set up as the
 * other is. No command finds what an earlier one did to tracked files, nor to `frozen` ones that the project ignores.
 * Everything is ended when the signal comes, so that no gate outlives a run that the user stopped.
 */
export async function openBench(
  site: SetupSite,
  { head, tree, frozen = [] }: { head: string; tree: string; frozen?: readonly string[] },
  signal: AbortSignal,
): Promise<Bench & { close(): Promise<void> }> {
  const { pool, jail, git, project } = site;
  const [git_dir, gates] = [await git.commonDir(), hostsOrNone(project.rules.sandbox.gate_hosts)];
  const open: { isolations: Isolation[]; releases: (() => void)[] } = { isolations: [], releases: [] };
  const close = async () => {
    await Promise.all(open.isolations.splice(0).map((isolation) => isolation.stop()));
    for (const release of open.releases.splice(0)) release();
  };
  const end = () => void Promise.all(open.isolations.map((isolation) => isolation.stop()));
  signal.addEventListener("abort", end, { once: true });

  const start = async (stand: Stand, { sets_up }: { sets_up: boolean }): Promise<Isolation> => {
    const network = sets_up ? project.rules.sandbox.setup : gates;
    const of = { project, pool };
    const given = sets_up ? cacheForSetup(of, false) : cacheForCommands(of); // the candidate has a part in both
    const isolation = await jail.start({ root: stand.root, write: "all", git_dir, network, scope: null, ...given });
    open.isolations.push(isolation);
    if (signal.aborted) await isolation.stop(); // the signal came before there was anything that it could end
    return kept(isolation, stand, { sets_up });
  };
  const checkout = async (content: string): Promise<Stand> => {
    const lease = await pool.acquire(head, { tree: content });
    open.releases.push(lease.release);
    return newStand(
      lease.path,
      keepFiles(lease, { commit: head, ignores: ignoresBut(project.rules.scope.ignore, frozen) }),
    );
  };
  const openBaseline = async (): ReturnType<Bench["baseline"]> => {
    const beside = await checkout(head);
    if (project.commands.setup !== null && !(await give(site, beside, { head, content: head }, signal)).given)
      await prepare(beside);
    const isolation = await start(beside, { sets_up: false });
    return { root: beside.root, isolation, takeLeft: () => takeLeft(beside) };
  };
  const prepare = async (beside: Stand): Promise<void> => {
    const isolation = await start(beside, { sets_up: true });
    const command = project.commands.setup ?? "";
    const limits = { timeout_ms: project.timeouts.bootstrap_ms, output_max_bytes: 64_000_000, clip_bytes: 4_000 };
    const { exit, ended } = await isolation.exec({ command, ...limits });
    if (exit !== 0) throw new Error(`"${command}" fails on the target's head (${exit ?? ended})`);
  };
  const before: { made: ReturnType<Bench["baseline"]> | null } = { made: null };
  try {
    const stand = await checkout(tree);
    return {
      root: stand.root,
      isolation: await start(stand, { sets_up: false }),
      setupIsolation: () => start(stand, { sets_up: true }),
      giveSetup: () => give(site, stand, { head, content: tree }, signal),
      takeLeft: () => takeLeft(stand),
      baseline() {
        before.made ??= openBaseline();
        return before.made;
      },
      watch: watchOf(stand),
      async close() {
        signal.removeEventListener("abort", end);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts into a stand what setups have made of the same files: it stays, as what its own setup makes. */
async function give(
  site: SetupSite,
  stand: Stand,
  { head, content }: { head: string; content: string },
  signal: AbortSignal,
): Promise<GivenSetup> {
  const tree = await treeOf(site.git, content);
  const kept = await keptSetup(site, { commit: head, tree, keeps: false }, signal); // the candidate has a part in it
  if ("why_not" in kept) return { given: false, why_not: kept.why_not };
  const given = await kept.give(stand.root);
  await stand.keeper.accept();
  return { given, why_not: null };
}

const watchOf = (stand: Stand): GateWatch => ({
  begin() {
    takeLeft(stand);
    stand.fresh = true;
  },
  changed: () => [...stand.changed].sort(),
  touched: () => [...stand.touched].sort(),
});

function ignoresBut(rules: readonly string[], frozen: readonly string[]): (path: string) => boolean {
  const ignored = ignoreRule(rules);
  return (path) => ignored(path) && !frozen.includes(path);
}

/** After each command the checkout is what it was. What a setup makes is there for all that comes after it. */
function kept(isolation: Isolation, stand: Stand, { sets_up }: { sets_up: boolean }): Isolation {
  const { keeper, changed, touched, made } = stand;
  return {
    ...isolation,
    async exec(request: ExecRequest) {
      const { fresh } = stand;
      stand.fresh = false;
      const result = await isolation.exec({ ...request, fresh });
      if (sets_up) await keeper.accept();
      for (const path of await keeper.putBack()) changed.add(path);
      for (const path of keeper.touched()) touched.add(path);
      for (const path of keeper.made()) made.add(path);
      return result;
    },
  };
}
