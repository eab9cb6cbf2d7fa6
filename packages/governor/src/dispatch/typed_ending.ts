import type { ToolBox, ToolSpec } from "@dgov/worker";
import { z } from "zod";
import { jsonOrNull } from "../json_or_null.ts";

/** Why an answer is none, for the records and, in words, for who gave it. */
export type Fault<Why extends string> = { why: Why | "malformed"; said: string };

/**
 * The tool by which somebody ends their work, and what is taken from them by it.
 *
 * `noun`     what is handed in, for the words of a refusal
 * `faultOf`  what is wrong with one beyond its form; null: nothing, and the work ends
 * `summary`  of an answer, in one line
 * `most`     how many answers may be given back before the work ends without one; absent: any
 */
export type Ending<Answer, Why extends string = never> = {
  tool: string;
  description: string;
  noun: string;
  schema: z.ZodType<Answer>;
  faultOf: (answer: Answer) => Promise<Fault<Why> | null>;
  summary: (answer: Answer) => string;
  most?: number;
};

/** What was handed in. `fault`: why the last answer was none, where there is no valid one. */
export type Box<Answer, Why extends string = never> = {
  answer: Answer | null;
  raw: string | null; // the answer as it was handed in, byte for byte
  fault: Fault<Why> | null;
  refused: number;
};

/** By which who is asked says that there is no answer to be had. */
export const GIVE_UP = "give_up";

/** What ends the work of those who are not asked for anything of their own. */
const OTHERS = ["done", "emit_plan"];

/**
 * Tools with one ending in place of any other. What is in the box is whole and valid; what is not is given back with the
 * reason, and counts for nothing. `may_give_up`: there is a second ending, without an answer.
 */
export function typedEnding<Answer, Why extends string = never>(
  tools: ToolBox,
  ending: Ending<Answer, Why>,
  { may_give_up }: { may_give_up: boolean } = { may_give_up: false },
): { tools: ToolBox; box: Box<Answer, Why> } {
  const box: Box<Answer, Why> = { answer: null, raw: null, fault: null, refused: 0 };
  const { tool, description, noun, most = Number.POSITIVE_INFINITY } = ending;
  const spec: ToolSpec = { name: tool, description, parameters: schemaOf(ending) };
  const own = [...(may_give_up ? [GIVE_UP_SPEC] : []), spec];
  const others = OTHERS.filter((name) => name !== tool);
  return {
    box,
    tools: {
      specs: [...tools.specs.filter(({ name }) => name !== tool && !others.includes(name)), ...own],
      async call(call) {
        if (others.includes(call.tool))
          return { ok: false, text: `Error: this work ends with ${tool}, and with nothing else` };
        if (may_give_up && call.tool === GIVE_UP) return giveUp(call.input);
        if (call.tool !== tool) return tools.call(call);
        const read = await readAnswer(call.input, ending);
        if (!("fault" in read)) {
          box.answer = read.answer;
          box.raw = call.input;
          const summary = ending.summary(read.answer);
          return { ok: true, text: `Taken: ${summary}`, ended: { outcome: "done", summary } };
        }
        box.fault = read.fault;
        box.refused += 1;
        const text = `Error: ${read.fault.said}`;
        if (box.refused <= most) return { ok: false, text };
        const summary = `The last of ${box.refused} times it handed in a ${noun}, it was none: ${read.fault.said}`;
        return { ok: false, text, ended: { outcome: "incomplete", summary } };
      },
    },
  };
}

const GaveUp = z.strictObject({
  why: z.string().trim().min(1).max(4_000).describe("What is missing or contradictory, for the person who asked"),
});
const GIVE_UP_SPEC: ToolSpec = {
  name: GIVE_UP,
  description: "Ends the work without an answer, where there can be none: say what a person must decide or mend.",
  parameters: z.toJSONSchema(GaveUp, { io: "input" }),
};

function giveUp(input: string): Awaited<ReturnType<ToolBox["call"]>> {
  const parsed = GaveUp.safeParse(jsonOrNull(input));
  if (!parsed.success) return { ok: false, text: `Error: say why: ${issueText(parsed.error)}` };
  return { ok: true, text: "Given up", ended: { outcome: "blocked", summary: parsed.data.why } };
}

/** Why a program says that there is no answer, as the object that it hands in in place of one; null: it does not. */
export function gaveUp(raw: string): string | null {
  const parsed = z.strictObject({ [GIVE_UP]: GaveUp.shape.why }).safeParse(jsonOrNull(raw));
  return parsed.success ? (parsed.data[GIVE_UP] ?? null) : null;
}

/** The schema of an answer, for who is told it in words. */
export const schemaOf = ({ schema }: Pick<Ending<unknown>, "schema">) => z.toJSONSchema(schema, { io: "input" });

/** Whether a text is an answer, and if not what is wrong with it. */
export async function readAnswer<Answer, Why extends string>(
  input: string,
  { schema, noun, faultOf }: Ending<Answer, Why>,
): Promise<{ answer: Answer } | { fault: Fault<Why> }> {
  const parsed = schema.safeParse(jsonOrNull(input));
  if (!parsed.success) return { fault: { why: "malformed", said: `this is no ${noun} (${issueText(parsed.error)})` } };
  const fault = await faultOf(parsed.data);
  return fault === null ? { answer: parsed.data } : { fault };
}

function issueText({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".") || "the whole"}: ${issue?.message}`;
}
