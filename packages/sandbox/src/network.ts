export { LENT } from "./isolate/proxy.ts";
/** What the governor asks of lists of hosts before anything runs. */
export { isHostRule } from "./isolate/proxy_hosts.ts";
export { hostsFault } from "./isolate/way_out.ts";
