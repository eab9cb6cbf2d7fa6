import { RequestError } from "@agentclientprotocol/sdk";
import type { ToolResult } from "@dgov/sandbox";

const RESOURCE_NOT_FOUND = -32002;
const REFUSED = -32010; // of those that are left to implementations: the tools or the rules would not do it

/** What a tool would not do, as an answer that its agent can act on. */
export const refused = ({ text, missing }: Pick<ToolResult, "text" | "missing">): RequestError =>
  new RequestError(missing ? RESOURCE_NOT_FOUND : REFUSED, text);
