import type { CompiledPlan, CompiledTask } from "../compiled.ts";
import type { Graph } from "../graph.ts";
import { type Contradiction, refuted } from "./contradiction.ts";
import { refuteEnvelope } from "./envelope.ts";
import { refuteProfile } from "./profile.ts";
import { type ContractSource, linkKey } from "./read.ts";
import { type Known, refuteReferences } from "./references.ts";
import { shapeOf } from "./shape.ts";
import { refuteShape } from "./stated_shape.ts";

/** What a contract is held against. `dispatch`: the hash of what workers are told; null where the plan does not compile. */
export type Promised = Known & {
  graph: Graph;
  plan: Pick<CompiledPlan, "default_agent" | "default_provider">;
  compiled: readonly CompiledTask[];
  dispatch: string;
};

/** Everything that a plan states of itself and is not so, by the parts of its contract. A plan with a circle has no shape to compare. */
export function refuteContract(contract: ContractSource, known: Promised): Contradiction[] {
  const { tasks, graph } = known;
  const circular = tasks.some(({ id }) => graph.upstream.get(id)!.has(id));
  return [
    ...refuteProfile(contract),
    ...(circular ? [] : refuteShape(contract, { tasks, graph, shape: shapeOf(tasks, graph) })),
    ...refuteReferences(contract, known),
    ...refuteSources(contract),
    ...refuteReadiness(contract),
    ...refuteEnvelope(contract, { project: known.project, plan: known.plan, tasks: known.compiled }),
    ...refutePrompts(contract, known),
    ...refuteDispatch(contract, known.dispatch),
  ];
}

/** A source is what it was when the plan was made of it: by path, length and hash. Features B23 and B24. */
function refuteSources(contract: ContractSource): Contradiction[] {
  return Object.entries(contract.table.sources).flatMap(([id, { path, sha256, bytes }]) => {
    const actual = contract.files.get(path) ?? null;
    if (actual?.sha256 === sha256 && actual.bytes === bytes) return [];
    const now =
      actual === null
        ? "there is no such file in the repository"
        : `it has ${actual.bytes} bytes and is ${actual.sha256}`;
    const what = `the plan rests on "${path}" of ${bytes} bytes, ${sha256.slice(0, 12)}…: ${now}; look what has changed, then state it anew`;
    return [refuted(contract, ["sources", id], { code: "source_changed", what, stated: { sha256, bytes }, actual })];
  });
}

/** A plan whose documents are not there is not ready, whatever anybody says: there is no key for that. Features B21. */
function refuteReadiness(contract: ContractSource): Contradiction[] {
  return Object.entries(contract.table.readiness).flatMap(([id, { documents, links }]) => [
    ...documents.flatMap((path, at) => {
      if (contract.files.get(path)) return [];
      const what = `"${id}" is ready: its document "${path}" is no file of the repository`;
      return [refuted(contract, ["readiness", id, "documents", at], { code: "document_missing", what })];
    }),
    ...links.flatMap((link, at) => {
      if (contract.linked.has(linkKey(link)) && contract.files.get(link.to)) return [];
      const what = `"${id}" is ready: "${link.from}" has no link to "${link.to}", or one of them is not there`;
      return [refuted(contract, ["readiness", id, "links", at], { code: "link_missing", what })];
    }),
  ]);
}

/** As long as this, the same words are no accident. */
const PROMPT_MIN_CHARS = 60;

/** A contract says what is promised. What workers are told stands in the prompts, and is bound by its hash. Features B18. */
function refutePrompts(contract: ContractSource, { tasks }: Known): Contradiction[] {
  const lines = tasks.flatMap(({ id, prompt }) =>
    prompt.split("\n").flatMap((line) => (line.trim().length >= PROMPT_MIN_CHARS ? [{ id, line: line.trim() }] : [])),
  );
  return textsIn(contract.table, []).flatMap(({ path, text }) => {
    const copied = lines.find(({ line }) => text.includes(line));
    if (copied === undefined) return [];
    const what = `this is a promise: it is a line of the prompt of "${copied.id}"; say what is to hold, not what to do`;
    return [refuted(contract, path, { code: "prompt_in_contract", what })];
  });
}

type Placed = { path: (string | number)[]; text: string };

function textsIn(value: unknown, path: (string | number)[]): Placed[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((one, at) => textsIn(one, [...path, at]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => textsIn(one, [...path, key]));
}

function refuteDispatch(contract: ContractSource, actual: string): Contradiction[] {
  const { dispatch: stated } = contract.table;
  if (stated === undefined || stated === actual) return [];
  const what = `workers are told what was reviewed: what they are told has the hash ${actual}; review it, then state that one`;
  return [refuted(contract, ["dispatch"], { code: "dispatch_changed", what, stated, actual })];
}
