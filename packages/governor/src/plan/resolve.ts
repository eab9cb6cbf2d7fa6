import { nearest } from "../nearest.ts";
import type { Project, Provider } from "../project.ts";

/** What a task asks for and what its plan sets; null where they are silent. */
export type Wish = {
  agent: string | null;
  provider: string | null;
  default_agent: string | null;
  default_provider: string | null;
};

/** Who does a task. `agent` is the model with aliases resolved; null for a provider that needs none. */
export type Chosen = { ok: true; provider: Provider; agent: string | null } | { ok: false; code: string; why: string };

/**
 * The provider and the model of a task: its own word, then its plan's, then the project's. A task that changes the
 * provider does not inherit another provider's model.
 */
export function chooseProvider(wish: Wish, project: Project): Chosen {
  const name = wish.provider ?? wish.default_provider ?? project.provider;
  if (name === null)
    return { ok: false, code: "provider_missing", why: "no provider is set, neither for it nor in .dgov/project.toml" };
  const provider = Object.hasOwn(project.providers, name) ? project.providers[name] : undefined;
  if (!provider) {
    const close = nearest(name, Object.keys(project.providers));
    const hint = close === null ? "" : `; the nearest is "${close}"`;
    return { ok: false, code: "provider_unknown", why: `there is no [providers.${name}] in .dgov/project.toml${hint}` };
  }
  const own = name === project.provider ? project.default_agent : null;
  const alias = wish.agent ?? wish.default_agent ?? provider.default_agent ?? own;
  if (alias === null && provider.kind !== "scripted")
    return {
      ok: false,
      code: "agent_missing",
      why: `no agent is set for it, and the provider "${name}" has no default_agent`,
    };
  const agent = alias !== null && Object.hasOwn(project.agents, alias) ? project.agents[alias]! : alias;
  return { ok: true, provider, agent };
}
