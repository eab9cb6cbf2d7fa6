import { readHostRule } from "./proxy_hosts.ts";

/**
 * What programs must be told to go through the proxy: both spellings, as some read only one, and the names of tools that
 * read neither. What they serve to themselves does not go through it, unless that very address is listed: "localhost"
 * alone, without a port, is their own, for the proxy would refuse to lead to this machine.
 */
export function proxyEnvironment(port: number, hosts: readonly string[]): Record<string, string> {
  const url = `http://127.0.0.1:${port}`;
  const listed = new Set(hosts.filter((text) => text !== "localhost").map((text) => readHostRule(text)?.host));
  const direct = ["localhost", "127.0.0.1", "::1"].filter((name) => !listed.has(name)).join(",");
  const both = { HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, NO_PROXY: direct };
  return {
    ...both,
    ...Object.fromEntries(Object.entries(both).map(([name, value]) => [name.toLowerCase(), value])),
    NODE_USE_ENV_PROXY: "1", // Node heeds the others only then
    npm_config_proxy: url,
    npm_config_https_proxy: url,
    npm_config_noproxy: direct,
    YARN_HTTP_PROXY: url,
    YARN_HTTPS_PROXY: url,
    CARGO_HTTP_PROXY: url,
    PIP_PROXY: url,
  };
}
