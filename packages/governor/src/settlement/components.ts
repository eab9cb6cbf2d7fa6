import { type Isolation, parseClaim, type Scope } from "@dgov/sandbox";
import type { Component } from "@dgov/sandbox/component";
import { z } from "zod";
import type { Site } from "../site.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { type Gate, type Judgement, pass, reject } from "./gate.ts";
import { saidOf } from "./policy.ts";
import { ruleChange } from "./rules/change.ts";

const text = z.string().trim().min(1);
const Findings = z
  .array(
    z.strictObject({
      code: text.max(100),
      message: text.max(4_000),
      path: text.max(4_096).optional(),
      line: z.int().min(1).optional(),
    }),
  )
  .max(1_000);

/**
 * The project's gates that are WASM components, in the order of the file. Each sees the tree that would land, can change
 * nothing in it, and is told the change as a project's rules are. One that gives no answer never passes.
 */
export const componentGates = (
  { components, jail }: Pick<Site, "components" | "jail">,
  signal: AbortSignal,
): Gate<IntegratedCandidate>[] =>
  components.gates.map((component) => ({
    name: component.name,
    async check(candidate) {
      const { git, project, unit, head: from, tree: to } = candidate;
      const input = JSON.stringify(await ruleChange(git, { from, to, ...saidOf(unit, project) }));
      const isolation = await jail.start(await readOnly(candidate));
      const stop = () => void isolation.stop();
      signal.addEventListener("abort", stop, { once: true });
      try {
        if (signal.aborted) await isolation.stop(); // it came before there was anything that it could end
        return await judgement(isolation, component, input);
      } finally {
        signal.removeEventListener("abort", stop);
        await isolation.stop();
      }
    },
  }));

/** All of the checkout to be read, but for what may hold secrets, and nothing to be written. */
const readOnly = async ({ git, root, task, head }: IntegratedCandidate) => {
  const scope: Scope = {
    task,
    role: "reviewer",
    write: [],
    read: [parseClaim("**")],
    deny: [],
    allow: [],
    recipes: { test: null, lint: null, lint_fix: null, format: null, type_check: null },
    test_targets: [],
    src_dir: ".",
    base: head,
  };
  return { root, write: [], git_dir: await git.commonDir(), network: "none", scope } as const;
};

async function judgement(isolation: Isolation, component: Component, input: string): Promise<Judgement> {
  const answer = await isolation.component({ do: "judge", component, input });
  if (!answer.ok) return broken(component, answer.why);
  const findings = Findings.safeParse(JSON.parse(answer.text));
  if (!findings.success) {
    const [issue] = findings.error.issues;
    return broken(component, `what it answers are no findings (${issue?.path.join(".")}: ${issue?.message})`);
  }
  const found = findings.data.map(({ path, line, ...one }) => ({
    ...one,
    ...(path && { path }),
    ...(line && { line }),
  }));
  return found.length === 0 ? pass : reject("gate", found);
}

const broken = ({ name }: Component, why: string): Judgement => ({
  ...pass,
  verdict: "broken",
  cause: "broken",
  findings: [{ code: "gate_broken", message: `The component of [gates.${name}] gave no answer: ${why}` }],
});
