import type { Finding } from "@dgov/kernel";
import type { Brought } from "../git/brought.ts";
import type { Conflict } from "../git/integrate.ts";
import type { BySymbol } from "./by_symbol.ts";
import { tasksOf } from "./semantic.ts";

/** What could not be put together, with the reason of the one that saw more: git, or the merge by symbols. */
export const conflictFindings = (
  conflicts: readonly Conflict[],
  refusals: BySymbol["refusals"],
  brought: Brought,
): Finding[] =>
  conflicts.flatMap(({ path, kind }) => {
    const whose = tasksOf(brought, path);
    const said = `"${path}" cannot be merged with what has landed meanwhile`;
    const reasons = refusals.get(path) ?? [];
    const messages =
      reasons.length > 0 ? reasons.map((why) => `${said}${whose}: ${why}`) : [`${said}${whose} (${kind})`];
    return messages.map((message) => ({ code: "text_conflict", message, path }));
  });
