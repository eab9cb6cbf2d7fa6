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
  if (grammar === null)
    return {
      ok: false,
      text: `Error: Cannot check "${path}": unsupported language, so nothing was checked; Python, JavaScript, TypeScript, shell, JSON, TOML and YAML are known; for another use the project's own checks`,
    };
  const compiled = grammar === "python" ? await compiledByPython(host, path) : null;
  if (compiled !== null) return verdict(path, compiled.by, compiled.mistake);
  return verdict(path, `the ${grammar} grammar`, await grammarMistake(grammar, text));
}

const verdict = (path: string, by: string, mistake: Mistake): Answer =>
  mistake === null
    ? { ok: true, text: `OK: "${path}" has no syntax error (${by})` }
    : { ok: false, text: `SyntaxError in "${path}" (${by}): ${mistake}` };
