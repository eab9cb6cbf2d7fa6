import { createWriting } from "../host.ts";
import { askChild, type ChildEnd, type ChildLimits } from "../isolate/child.ts";
import type { SymbolClaims } from "../symbol_claims.ts";
import { type Host, HostError, type Scope } from "../tool.ts";
import { COMPONENT_LIMITS } from "./limits.ts";
import type {
  ChildAnswer,
  ChildOrder,
  ComponentAnswer,
  ComponentFailed,
  ComponentFailure,
  ComponentOrder,
  FileChange,
} from "./order.ts";

/** Where a component runs. `child`: argv that starts this program as its child; `scope` null: it sees no files. */
export type ComponentPlace = {
  child: readonly string[];
  root: string;
  tmp: string;
  scope: Scope | null;
  symbols?: Pick<SymbolClaims, "judge">;
};

/**
 * Runs a component in a child that can be ended whatever it does, and writes what it changed when it has ended well:
 * through the file host, which asks the claims again. Never throws for what a component did.
 */
export async function runComponent(place: ComponentPlace, order: ComponentOrder): Promise<ComponentAnswer> {
  const { child, root, tmp, scope, symbols } = place;
  const limits = limitsOf(order);
  const told: ChildOrder = { order, root, tmp, scope };
  if ("input" in order && order.input.length > COMPONENT_LIMITS.input_max_chars)
    return failed("invalid", `its input has more than ${COMPONENT_LIMITS.input_max_chars} characters; give it less`);
  const end = await askChild(child, told, limits);
  if (end.ended !== "answer") return struck(order, limits, end);
  const answer = end.answer as ChildAnswer; // written by our own code from this type
  if (!answer.ok) return answer;
  const { text, changes, refused } = answer;
  if (changes.length === 0 || scope === null) return { ok: true, text, touched: [], refused };
  return written(createWriting({ root, tmp, scope, ...(symbols ? { symbols } : {}) }), { changes, text, refused });
}

const failed = (cause: ComponentFailure, why: string): ComponentFailed => ({
  ok: false,
  cause,
  why,
  refused: [],
  touched: [],
});

function limitsOf(order: ComponentOrder): ChildLimits {
  const { compile_ms, compile_memory_bytes, describe_ms, process_bytes } = COMPONENT_LIMITS;
  if (order.do === "compile") return { timeout_ms: compile_ms, memory_bytes: compile_memory_bytes };
  const { timeout_ms, memory_bytes } = order.component;
  return {
    timeout_ms: order.do === "describe" ? Math.min(timeout_ms, describe_ms) : timeout_ms,
    memory_bytes: memory_bytes + process_bytes,
  };
}

function struck(
  order: ComponentOrder,
  limits: ChildLimits,
  end: Exclude<ChildEnd, { ended: "answer" }>,
): ComponentAnswer {
  const own = order.do === "compile" ? order : order.component;
  const table = `[${own.kind}s.${own.name}]`;
  if (end.ended === "died") return failed("trap", `the process that ran it died: ${end.why}`);
  if (end.ended === "timeout") {
    const why = `it was not done after ${limits.timeout_ms / 1000} s and was ended`;
    return failed(
      "timeout",
      order.do === "call" || order.do === "judge" ? `${why}; raise timeout_s in ${table}, or give it less to do` : why,
    );
  }
  return failed(
    "memory",
    `its process used more memory than it may and was ended; raise memory_mb in ${table}, or give it less to do`,
  );
}

type Done = { changes: readonly FileChange[]; text: string; refused: readonly string[] };

/** One file after the other: what was written before a refusal is told, for it stays. */
async function written(
  files: Pick<Host, "write" | "remove">,
  { changes, text, refused }: Done,
): Promise<ComponentAnswer> {
  const touched: string[] = [];
  try {
    for (const { path, base64 } of changes) {
      if (base64 === null) await files.remove(path);
      else await files.write(path, Buffer.from(base64, "base64"));
      touched.push(path);
    }
    return { ok: true, text, touched, refused };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { ok: false, cause: "error", why: error.message, touched, refused: [...refused, error.message] };
  }
}
