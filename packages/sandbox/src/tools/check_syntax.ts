import { z } from "zod";
import { FilePath } from "../input.ts";
import { grammarOf, NoTree } from "../syntax/grammar.ts";
import { dataMistake, grammarMistake, type Mistake } from "../syntax/mistakes.ts";
import { compiledByPython } from "../syntax/python.ts";
import { openText } from "../text_file.ts";
import { type Answer, defineTool, type Host } from "../tool.ts";
import description from "./check_syntax.txt" with { type: "text" };

export const checkSyntax = defineTool({
  name: "check_syntax",
  description,
  input: z.strictObject({ path: FilePath.describe("File to check, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const { text } = await openText(host, path);
    const data = dataMistake(path, text);
    if (data !== null) return verdict(path, data.format, data.mistake);
    try {
      return await checkProgram(host, path, text);
    } catch (error) {
      if (!(error instanceof NoTree)) throw error;
      return { ok: false, text: `Error: Cannot check "${path}": ${error.message}` };
    }
  },
});

async function checkProgram(host: Host, path: string, text: string): Promise<Answer> {
  const grammar = grammarOf(path, text);
  if (grammar === null) return checkByCode(host, path, text);
  const compiled = grammar === "python" ? await compiledByPython(host, path) : null;
  if (compiled !== null) return verdict(path, compiled.by, compiled.mistake);
  return verdict(path, `the ${grammar} grammar`, await grammarMistake(grammar, text));
}

/** Languages that the sandbox has no grammar of, and whoever started it may have one. */
async function checkByCode(host: Host, path: string, text: string): Promise<Answer> {
  const read = (await host.code?.())?.mistake(path, text) ?? null;
  const fail = (why: string): Answer => ({ ok: false, text: `Error: Cannot check "${path}": ${why}` });
  if (read === null)
    return fail("unsupported language, so nothing was checked; use the project's own checks, or one of its tools");
  return "unknown" in read ? fail(read.unknown) : verdict(path, `the ${read.language} grammar`, read.mistake);
}

const verdict = (path: string, by: string, mistake: Mistake): Answer =>
  mistake === null
    ? { ok: true, text: `OK: "${path}" has no syntax error (${by})` }
    : { ok: false, text: `SyntaxError in "${path}" (${by}): ${mistake}` };
