import type { Project } from "../../project.ts";
import { wishOf } from "../../routing.ts";
import type { CompiledPlan, CompiledTask } from "../compiled.ts";
import { programFor } from "../resolve.ts";
import { type Contradiction, refuted, said } from "./contradiction.ts";
import type { ContractSource } from "./read.ts";

type Envelope = Required<NonNullable<ContractSource["table"]["capabilities"]>>;

/** Who works on a plan, and in which project: all that says what its workers are given. */
export type Granting = {
  project: Project;
  plan: Pick<CompiledPlan, "default_agent" | "default_provider">;
  tasks: readonly CompiledTask[];
};

/**
 * What the project gives to the workers, checks and setup of a plan, and its contract does not name. The jail gives what
 * the project grants and nothing else, so a plan whose contract covers all of it can use no more than the contract says.
 * Features B25.
 */
export function refuteEnvelope(contract: ContractSource, granting: Granting): Contradiction[] {
  const { capabilities } = contract.table;
  if (capabilities === undefined) return [];
  const granted = grantedBy(granting);
  return (Object.keys(granted) as (keyof Envelope)[]).flatMap((domain) => {
    const beyond = granted[domain].filter((one) => !capabilities[domain].includes(one));
    if (beyond.length === 0) return [];
    const what = `${domain} of this plan is at most ${said(capabilities[domain])}: the project gives it ${said(beyond)} as well; name it, or take it from the project's configuration`;
    const [stated, actual] = [capabilities[domain], granted[domain]];
    return [refuted(contract, ["capabilities", domain], { code: "capability_undeclared", what, stated, actual })];
  });
}

function grantedBy({ project, plan, tasks }: Granting): Envelope {
  const { sandbox, tools } = project.rules;
  const rungs = project.limits.escalation.map(({ agent, provider }) => ({
    agent,
    provider,
    default_agent: null,
    default_provider: null,
  }));
  const wishes = [...tasks.map((task) => wishOf(task, plan, project)), ...rungs];
  const programs = wishes.flatMap((wish) => programFor(wish, project) ?? []);
  const providers = wishes.flatMap((wish) => {
    if (programFor(wish, project) !== null) return [];
    return wish.provider ?? wish.default_provider ?? project.provider ?? [];
  });
  return {
    network: each([...sandbox.hosts, ...programs.flatMap(({ hosts }) => hosts)]),
    gate_network: each(sandbox.gate_hosts),
    setup_network: sandbox.setup === "open" ? ["all"] : sandbox.setup === "none" ? [] : each(sandbox.setup.hosts),
    providers: each(providers),
    programs: each(programs.map(({ name }) => name)),
    variables: each(programs.flatMap(({ passed }) => passed)),
    components: Object.keys(tools).sort(),
    read: sandbox.read === "all" ? ["all"] : each(sandbox.read),
  };
}

const each = (names: readonly string[]): string[] => [...new Set(names)].sort();
