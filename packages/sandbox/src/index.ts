export * from "./claim.ts";
export type { ComponentAnswer, ComponentOrder } from "./component/order.ts";
export { inputOf as componentInput } from "./component/tools.ts";
export { toolEnvironment } from "./environment.ts";
export {
  type AskedCall,
  askedCommand,
  type ExplainedPlace,
  type Explanation,
  explainCall,
  type JudgedAccess,
  type JudgedCommand,
} from "./explain.ts";
export { fnmatch } from "./fnmatch.ts";
export { type AnswerGit, gitWords } from "./git_question.ts";
export { INTERPRETED, isInterpretable } from "./interpreted/names.ts";
export * from "./isolate/confinement.ts";
export * from "./isolate/isolation.ts";
export { createIsolationMaker } from "./isolate/maker.ts";
export { decide, type Policy, ToolPolicy } from "./policy.ts";
export { RECIPE_TOOLS } from "./recipe.ts";
export type { EvaluateOrder, EvaluateResult } from "./script/order.ts";
export { openShell, type Shell } from "./shell/open.ts";
export { ProjectRule, type RuleFault, ruleFaults } from "./shell/project_rule.ts";
export * from "./tool.ts";
export {
  createToolbox,
  type Toolbox,
  type ToolboxOptions,
  type ToolRecord,
  type ToolResult,
  type ToolSpec,
  toolSpecs,
} from "./toolbox.ts";
export type { Decision, Layer } from "./write_rules.ts";
