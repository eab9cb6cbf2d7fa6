import type {
  ReadTextFileRequest,
  ReadTextFileResponse,
  RequestPermissionRequest,
  RequestPermissionResponse,
  WriteTextFileRequest,
} from "@agentclientprotocol/sdk";
import { IsolationLost, type ToolRecord, type ToolResult } from "@dgov/sandbox";
import { type Hands, type HandsOf, openHands } from "./hands.ts";
import { chosenOption, createJudge, judgePermission } from "./permission.ts";
import { refused } from "./refused.ts";
import { createTerminals, type Terminals } from "./terminals.ts";

/** What an agent may ask of its editor, answered by the tools and the rules that any worker has. */
export type Answers = {
  readTextFile(asked: ReadTextFileRequest): Promise<ReadTextFileResponse>;
  writeTextFile(asked: WriteTextFileRequest): Promise<Record<string, never>>;
  requestPermission(asked: RequestPermissionRequest): Promise<RequestPermissionResponse>;
  terminals: Terminals;
  close(): Promise<void>;
};

/** The jail of the file requests is started with the first of them. */
export function createAnswers(of: HandsOf): Answers {
  const { scope, policy, root, now_ms, record } = of;
  const judge = createJudge(policy, scope, root);
  const files: { hands: Promise<Hands> | null } = { hands: null };
  const call = async (tool: string, input: unknown): Promise<ToolResult> => {
    files.hands ??= openHands(of);
    try {
      const result = await (await files.hands).call(tool, JSON.stringify(input));
      if (!result.ok) throw refused(result);
      return result;
    } catch (error) {
      if (error instanceof IsolationLost) files.hands = null; // the next request has a new one
      throw error;
    }
  };
  const terminals = createTerminals({ root, open: () => openHands(of), judge });
  return {
    terminals,
    async readTextFile({ path, line, limit }) {
      const { whole = "" } = await call("read_text_file", { path, line: line || 1, limit: limit ?? null });
      return { content: whole };
    },
    async writeTextFile({ path, content }) {
      await call("write_text_file", { path, content });
      return {};
    },
    async requestPermission(asked) {
      const started = now_ms();
      const refusal = await judgePermission(asked, judge);
      record([permissionRecord(asked, refusal, now_ms() - started)]);
      return chosenOption(asked, refusal === null);
    },
    async close() {
      await terminals.closeAll();
      await (await files.hands)?.stop();
    },
  };
}

/** An agent's asking for leave, as the log has calls: what it says that it is about to do is its own word. */
function permissionRecord(
  { toolCall }: RequestPermissionRequest,
  refusal: { why: string; rule: string } | null,
  took_ms: number,
): ToolRecord {
  const { kind, title, locations } = toolCall;
  const asked = { kind: kind ?? "other", title: title ?? "", paths: (locations ?? []).map(({ path }) => path) };
  return {
    n: 0,
    tool: "request_permission",
    input: JSON.stringify(asked).slice(0, 2_000),
    ok: refusal === null,
    refused_by: refusal?.rule ?? null,
    touched: [],
    text: refusal?.why ?? "allowed: what it does is kept by the jail",
    took_ms: Math.max(0, Math.round(took_ms)),
  };
}
