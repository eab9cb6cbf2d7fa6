import { agentsOf } from "./agent_file.ts";
import type { ProjectFile } from "./config_file.ts";
import type { Place } from "./error.ts";
import { namePlaces } from "./gate_names.ts";
import { nearest } from "./nearest.ts";
import { withPreset } from "./presets.ts";
import { profiledProviders, profilePlaces } from "./profile_file.ts";
import { reviewPlaces } from "./review_file.ts";
import { routedProviders, routingPlaces } from "./routing_file.ts";
import { specPlaces } from "./spec_file.ts";
import { tieredProviders, tierPlaces } from "./tiers_file.ts";
import type { Toml } from "./toml.ts";
import type { KeyPath } from "./toml_place.ts";

/** What the schema cannot see. */
export const referencePlaces = (file: ProjectFile, toml: Toml): Place[] => [
  ...providerPlaces(file, toml),
  ...pricePlaces(file, toml),
  ...currencyPlaces(file, toml),
  ...namePlaces(file, toml),
  ...rulePlaces(file, toml),
  ...reviewPlaces({ ...file, agents: agentsOf(file.agents) }, toml),
  ...tierPlaces(file, toml),
  ...specPlaces(file, toml),
  ...routingPlaces(file.routing, ["routing"], toml),
  ...profilePlaces(file, toml),
];

/** A rule that never acts would be a false comfort, and two of one name could not be told apart in a refusal. */
function rulePlaces(file: ProjectFile, toml: Toml): Place[] {
  const { rules, restrict_run_bash } = withPreset(file).tool_policy;
  const wrong = (at: number, why: string): Place => {
    const spot = toml.at(["tool_policy", "rules", at]);
    const message = `Cannot use the rule "${rules[at]!.name}": ${why}`;
    return { severity: "error", code: "value_invalid", message, file: toml.file, ...spot, unit: null };
  };
  if (rules.length > 0 && !restrict_run_bash)
    return [wrong(0, "no rule acts without restrict_run_bash = true in [tool_policy]")];
  return rules.flatMap(({ name }, at) =>
    rules.findIndex((one) => one.name === name) < at ? [wrong(at, "there is another of this name")] : [],
  );
}

/** A provider that is named must be there. */
function providerPlaces(file: ProjectFile, toml: Toml): Place[] {
  const { project, providers, tiers, routing } = file;
  const known = ["scripted", ...Object.keys(providers)];
  const named: [string | undefined, KeyPath][] = [
    [project.provider, ["project", "provider"]],
    ...tieredProviders(tiers, ["tiers"]),
    ...routedProviders(routing, ["routing"], file.agents),
    ...profiledProviders(file),
  ];
  return named.flatMap(([name, path]): Place[] => {
    if (name === undefined || known.includes(name)) return [];
    const close = nearest(name, known);
    const message = `Cannot use the provider "${name}": there is no [providers.${name}]${close ? `; the nearest is "${close}"` : ""}`;
    return [{ severity: "error", code: "provider_unknown", message, file: toml.file, ...toml.at(path), unit: null }];
  });
}

/** A price that no task can ever meet is a slip of the pen, and its model would be counted as one without a price. */
function pricePlaces({ prices, providers }: ProjectFile, toml: Toml): Place[] {
  const known = ["scripted", ...Object.keys(providers)];
  return Object.keys(prices).flatMap((key): Place[] => {
    const [provider = "", ...model] = key.split("/");
    if (known.includes(provider) && model.join("/") !== "") return [];
    const close = nearest(provider, known);
    const why = known.includes(provider)
      ? `it names no model; write [prices."${provider}/MODEL"]`
      : `there is no [providers.${provider}]${close ? `; the nearest is "${close}"` : ""}`;
    const message = `Cannot use the price of "${key}": ${why}`;
    return [
      { severity: "error", code: "price_unknown", message, file: toml.file, ...toml.at(["prices", key]), unit: null },
    ];
  });
}

/** Keys that say dollars cannot be added to amounts of another currency. */
function currencyPlaces({ budget, limits, providers }: ProjectFile, toml: Toml): Place[] {
  if (budget.currency === "USD") return [];
  const dollars: KeyPath[] = [
    ...(limits.cost_usd === undefined ? [] : [["limits", "cost_usd"]]),
    ...Object.entries(providers)
      .filter(([, table]) => table && "price_input_per_mtok" in table && table.price_input_per_mtok !== undefined)
      .map(([name]) => ["providers", name, "price_input_per_mtok"]),
  ];
  return dollars.map((path): Place => {
    const message = `Cannot use "${path.join(".")}": it is in dollars, and [budget] counts in ${budget.currency}; use [budget] money and [prices]`;
    return { severity: "error", code: "currency_mixed", message, file: toml.file, ...toml.at(path), unit: null };
  });
}
