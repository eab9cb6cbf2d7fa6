import type { Finding } from "@dgov/kernel";
import { claimedSymbols, parseClaim } from "@dgov/sandbox";
import { type Claimed, IMPORTS, MODULE, type Touch } from "@dgov/semantic/touches";
import type { Change } from "../git/tree_changes.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { FrozenCandidate } from "./candidate.ts";

/** Of each path the symbols that a task may write; null: no claim is by symbol, or one is on the whole file. */
export function claimedIn({ files: { create, edit, delete: remove, touch } }: Pick<CompiledTask, "files">): Claimed {
  const claims = [...create, ...edit, ...remove, ...touch].map(parseClaim);
  return (path) => claimedSymbols(claims, path);
}

/**
 * What of the work no claim covers in files of which only symbols are claimed: another symbol, or the file as such. A file
 * whose symbols cannot be told is refused: nobody knows what was touched in it.
 *
 * @throws DgovError when nothing can look at the symbols of files at all
 */
export async function unclaimedSymbols(
  own: readonly Change[],
  candidate: Pick<FrozenCandidate, "symbols"> & { unit: Pick<CompiledTask, "files"> },
): Promise<Finding[]> {
  const claimed = claimedIn(candidate.unit);
  const bound = own.filter(({ path }) => claimed(path) !== null);
  if (bound.length === 0) return [];
  const paths = new Set(bound.map(({ path }) => path));
  const { touches, unknown } = await candidate.symbols();
  const foreign = touches.filter((touch) => !touch.claimed && paths.has(touch.path));
  return [
    ...bound.flatMap((change) => wholeFile(change, claimsOf(claimed, change.path))),
    ...unknown
      .filter(({ path }) => paths.has(path))
      .map(({ path, why }): Finding => {
        const message = `Only ${claimsOf(claimed, path)} of "${path}" is claimed, and what the change touches is not known: ${why}; make it a file whose symbols can be told, or have the whole file claimed`;
        return { code: "symbols_unknown", message, path };
      }),
    ...told(foreign.map((touch) => foreignTouch(touch, claimsOf(claimed, touch.path)))),
  ];
}

/** What happens to a file and to no symbol of it. */
function wholeFile({ path, kind, old_mode, new_mode }: Change, claims: string): Finding[] {
  const is = kind === "modified" && old_mode !== new_mode ? "its mode is changed" : null;
  const what = kind === "type" || kind === "gitlink" || kind === "unstorable" ? "it is no plain file any more" : is;
  if (what === null) return [];
  const message = `Only ${claims} of "${path}" is claimed, and ${what}; put it back, or have the whole file claimed`;
  return [{ code: "unclaimed_change", message, path }];
}

function foreignTouch({ path, symbol, did, edited, line }: Touch, claims: string): Finding {
  const how = edited.length > 0 ? `${did} (${edited.join(", ")})` : did;
  const what = symbol === IMPORTS ? "An import" : symbol === MODULE ? "What stands at module level" : `"${symbol}"`;
  const cure = `leave it as it was, or have "${path}::${symbol}" claimed`;
  const message = `${what} of "${path}" is ${how}, and the task claims only ${claims} of it; ${cure}`;
  return { code: "unclaimed_symbol", message, path, line };
}

const claimsOf = (claimed: Claimed, path: string): string =>
  (claimed(path) ?? []).map((symbol) => `"${symbol}"`).join(", ");

const TOLD_MAX = 20;

function told(findings: readonly Finding[]): Finding[] {
  const rest = findings.length - TOLD_MAX;
  if (rest <= 0) return [...findings];
  const message = `${rest} symbols more are touched, and none of them is claimed`;
  return [...findings.slice(0, TOLD_MAX), { code: "unclaimed_symbol", message }];
}
