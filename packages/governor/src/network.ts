import type { Level } from "@dgov/sandbox";
import { hostsFault } from "@dgov/sandbox/network";
import { DgovError } from "./error.ts";
import type { SandboxRules } from "./project.ts";

type NetworkRules = Pick<SandboxRules, "hosts" | "gate_hosts" | "setup">;

/**
 * A list of hosts that the level cannot keep would be either all of the network or none of it, and neither was asked for.
 * So the run is refused before it costs anything. Without a jail no native program runs, and nothing reaches anything.
 *
 * @throws DgovError `sandbox_missing` with the cure
 */
export function refuseHosts(level: Level, rules: NetworkRules): void {
  const key = keyWithHosts(rules);
  const fault = key === null ? null : hostsFault(level);
  if (fault === null) return;
  const message = `Cannot open single hosts ([sandbox] ${key}) at level "${level}": ${fault.why}`;
  throw new DgovError("sandbox_missing", message, { hint: fault.cure });
}

function keyWithHosts({ hosts, gate_hosts, setup }: NetworkRules): string | null {
  if (hosts.length > 0) return "hosts";
  if (gate_hosts.length > 0) return "gate_hosts";
  return typeof setup === "object" ? "setup_network" : null;
}

/** What a worker is told of the network that its commands have. */
export function networkWords(level: Level, hosts: readonly string[]): string {
  if (hosts.length === 0 || level === "wasm") return "Commands run without network";
  const named = hosts.filter((host) => host !== "*");
  const any = hosts.includes("*") ? ["any public host"] : [];
  const which = [...any, ...named].join(", ");
  return `Commands reach no host but these, through the proxy that HTTP_PROXY and HTTPS_PROXY name (ports 80 and 443 unless one is given): ${which}`;
}
