export { work } from "./loop.ts";
export type { Call, Message, Model, ProviderFailure, Reply, Tokens, ToolSpec } from "./model.ts";
export { type OpenAiOptions, openaiModel } from "./openai.ts";
export type { Patience } from "./openai_watch.ts";
export type { Forecast, Grant, Limits, Meter, Order, Outcome, Outside, ToolBox, ToolResult } from "./order.ts";
export type { Learned, Previous } from "./previous.ts";
export { costMicros, type Price } from "./price.ts";
export { type Facts, firstMessages, ROLES, type RoleName, systemPrompt } from "./roles.ts";
export { parseScript, Script, ScriptError, scriptCovers, scriptedModel } from "./scripted.ts";
