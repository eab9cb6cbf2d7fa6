import charter from "./scaffold/governor.md" with { type: "text" };
import architecture from "./scaffold/sops/architecture.md" with { type: "text" };
import codeReview from "./scaffold/sops/code-review.md" with { type: "text" };
import errorHandling from "./scaffold/sops/error-handling.md" with { type: "text" };
import gitCommits from "./scaffold/sops/git-commits.md" with { type: "text" };
import knowledgeBase from "./scaffold/sops/knowledge-base.md" with { type: "text" };
import largeFileHandling from "./scaffold/sops/large-file-handling.md" with { type: "text" };
import projectExtensions from "./scaffold/sops/project-extensions.md" with { type: "text" };
import pythonStyle from "./scaffold/sops/python-style.md" with { type: "text" };
import refactoringDiscipline from "./scaffold/sops/refactoring-discipline.md" with { type: "text" };
import returnValues from "./scaffold/sops/return-values.md" with { type: "text" };
import stateModelingReview from "./scaffold/sops/state-modeling-review.md" with { type: "text" };
import testing from "./scaffold/sops/testing.md" with { type: "text" };

/** What every repository gets from `init`, by path under `.dgov`. The texts are the user's from then on. */
export const SCAFFOLD: Readonly<Record<string, string>> = {
  ".gitignore": `${["state.db*", "runs.log", "out/", "runtime/", "plans/deployed.jsonl", "plans/*/_compiled.toml"].join("\n")}\n`,
  "governor.md": charter,
  "sops/architecture.md": architecture,
  "sops/code-review.md": codeReview,
  "sops/error-handling.md": errorHandling,
  "sops/git-commits.md": gitCommits,
  "sops/knowledge-base.md": knowledgeBase,
  "sops/large-file-handling.md": largeFileHandling,
  "sops/project-extensions.md": projectExtensions,
  "sops/python-style.md": pythonStyle,
  "sops/refactoring-discipline.md": refactoringDiscipline,
  "sops/return-values.md": returnValues,
  "sops/state-modeling-review.md": stateModelingReview,
  "sops/testing.md": testing,
};
