import {
  createToolbox,
  type Isolation,
  type Scope,
  type ToolPolicy,
  type ToolRecord,
  type ToolResult,
} from "@dgov/sandbox";

/** Tools in a jail of their own, beside the one that the agent itself runs in. */
export type Hands = { call(tool: string, input: string): Promise<ToolResult>; stop(): Promise<void> };

/** What all hands of one attempt share. `record` numbers the calls. */
export type HandsOf = {
  root: string;
  scope: Scope;
  policy: ToolPolicy;
  now_ms: () => number;
  start: () => Promise<Isolation>;
  record: (calls: readonly ToolRecord[]) => void;
};

export async function openHands({ start, ...options }: HandsOf): Promise<Hands> {
  const isolation = await start();
  const tools = createToolbox({ ...options, isolation, required: null });
  return { call: (tool, input) => tools.call({ id: "", tool, input }), stop: () => isolation.stop() };
}
