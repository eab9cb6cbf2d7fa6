import { type Check, check, type Patient } from "./doctor_check.ts";
import { DgovError } from "./error.ts";
import type { Project, Provider } from "./project.ts";

/** @throws DgovError `key_missing` with the line for a shell that gives it */
export function keyOf({ name, api_key_env }: Provider, env: Patient["env"]): string {
  if (!api_key_env) return `${name}, which needs no key`;
  if (env[api_key_env]) return `${name}, key in ${api_key_env}`;
  throw new DgovError("key_missing", `Cannot call "${name}": ${api_key_env} is not set`, {
    hint: `export ${api_key_env}=…`,
  });
}

/** Each provider that [tiers] or [routing] names beside the project's own, with who asks for it: a run may come to any of them. */
export async function namedChecks(project: Project, env: Patient["env"]): Promise<Check[]> {
  const asking = new Map<string, string[]>();
  for (const [name, by] of namedBy(project))
    if (name !== null && name !== project.provider) asking.set(name, [...(asking.get(name) ?? []), by]);
  const checks: Check[] = [];
  for (const [name, by] of asking) {
    const provider = project.providers[name];
    if (provider)
      checks.push(await check(`provider ${name}`, async () => `${keyOf(provider, env)}, for ${by.join(", ")}`));
  }
  return checks;
}

function namedBy({ limits: { escalation, routing } }: Project): [string | null, string][] {
  return [
    ...Object.entries(routing.tiers).map(([role, { provider }]): [string | null, string] => [
      provider,
      `[tiers] ${role}`,
    ]),
    ...escalation.map(({ provider }): [string | null, string] => [provider, "[[tiers.escalation]]"]),
    ...routing.rules.flatMap(({ name, candidates }) =>
      candidates.map(({ provider }): [string | null, string] => [provider, `the rule "${name}"`]),
    ),
  ];
}
