import type { RequestPermissionRequest, RequestPermissionResponse } from "@agentclientprotocol/sdk";
import { type AskedCall, askedCommand, explainCall, openShell, type Scope, type ToolPolicy } from "@dgov/sandbox";
import { z } from "zod";

/** Why something is refused, with the rule; null: it is not. */
export type Refusal = { why: string; rule: string } | null;

/** Judges a call as the tools would, without making it. */
export type Judge = (call: AskedCall) => Promise<Refusal>;

export function createJudge(rules: ToolPolicy, scope: Scope, root: string): Judge {
  const place = { root, level: null, reads: "all" } as const;
  return async (call) => {
    const { allowed, decided } = explainCall({ rules, scope, shell: await openShell() }, call, place);
    return allowed ? null : { why: "why" in decided ? decided.why : "it is not allowed", rule: decided.rule };
  };
}

const WRITES: readonly string[] = ["edit", "delete", "move"];
const Commanded = z.looseObject({ command: z.union([z.string(), z.array(z.string()).min(1)]) });

/**
 * What an agent asks leave for, judged by the rules: files that it names as to be written, and a command that it names.
 * What it does not name is left to the jail, which holds in both cases.
 */
export async function judgePermission({ toolCall }: RequestPermissionRequest, judge: Judge): Promise<Refusal> {
  const calls = [...namedWrites(toolCall), ...namedCommands(toolCall)];
  for (const call of calls) {
    const refusal = await judge(call);
    if (refusal !== null) return refusal;
  }
  return null;
}

type ToolCall = RequestPermissionRequest["toolCall"];

function namedWrites({ kind, locations, content }: ToolCall): AskedCall[] {
  const writes = WRITES.includes(kind ?? "");
  const diffs = (content ?? []).flatMap((part) => (part.type === "diff" ? [part.path] : []));
  const paths = new Set([...diffs, ...(writes ? (locations ?? []).map(({ path }) => path) : [])]);
  return [...paths].map((path) => ({ tool: "write_text_file", input: JSON.stringify({ path, content: "" }) }));
}

function namedCommands({ kind, rawInput }: ToolCall): AskedCall[] {
  const named = kind === "execute" ? Commanded.safeParse(rawInput) : null;
  if (!named?.success) return [];
  const { command } = named.data;
  return [askedCommand(typeof command === "string" ? command : command.join(" "))];
}

/** The option that says so for this once; where the agent offers none of the kind, that nobody has chosen. */
export function chosenOption(
  { options }: Pick<RequestPermissionRequest, "options">,
  allowed: boolean,
): RequestPermissionResponse {
  const kinds = allowed ? (["allow_once", "allow_always"] as const) : (["reject_once", "reject_always"] as const);
  const option = kinds.flatMap((kind) => options.filter((one) => one.kind === kind))[0];
  if (option === undefined) return { outcome: { outcome: "cancelled" } };
  return { outcome: { outcome: "selected", optionId: option.optionId } };
}
