import { z } from "zod";
import { formatClaim } from "../claim.ts";
import { changes } from "../git_read.ts";
import { defineTool } from "../tool.ts";
import { judgeWrite } from "../write_rules.ts";
import description from "./scope_status.txt" with { type: "text" };

export const scopeStatus = defineTool({
  name: "scope_status",
  description,
  input: z.strictObject({}),
  access: () => [],

  async run(_, host) {
    const { scope } = host;
    const found = await changes(host);
    const refused = found.flatMap(({ path }) => {
      const judged = judgeWrite(scope, path);
      return judged.allow ? [] : [{ path, ...judged }];
    });
    const unclaimed = refused.filter(({ rule }) => rule === "claim" || rule === "role").map(({ path }) => path);
    const text = [
      `scope_status: ${refused.length === 0 ? "pass" : "fail"}`,
      `claimed_writable: ${list(scope.write.map(formatClaim))}`,
      `claimed_readonly: ${list(scope.read.map(formatClaim))}`,
      `modified_files: ${list(found.map(({ path, kind }) => (kind === "changed" ? path : `${path} (${kind})`)))}`,
      `unclaimed_modified: ${list(unclaimed)}`,
      ...(refused.length === 0 ? ["blocking: (none)"] : ["blocking:", ...refused.map(({ why }) => `  ${why}`)]),
    ];
    return { ok: true, text: text.join("\n") };
  },
});

const list = (items: readonly string[]) => (items.length === 0 ? "(none)" : items.join(", "));
