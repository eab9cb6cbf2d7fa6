import type { TaskId } from "@dgov/kernel";
import type { CompiledTask, Files } from "../plan/compiled.ts";

type Said = { id: TaskId; summary: string; commit_message: string; claims?: Partial<Files> };

/** A unit for a change that is no task's, so that gates can be asked of it: there is no plan to say what it is. */
export const nobodysUnit = ({ id, summary, commit_message, claims = {} }: Said): CompiledTask => ({
  id,
  summary,
  prompt: "",
  commit_message,
  role: "worker",
  depends_on: [],
  files: { create: [], edit: [], delete: [], read: [], touch: [], ...claims },
  test_cmd: null,
  sops: [],
  worker: { agent: null, provider: null, timeout_s: 1, iteration_budget: null },
  review: { self_review: false, max_fork_depth: 0 },
  unit: "",
});
