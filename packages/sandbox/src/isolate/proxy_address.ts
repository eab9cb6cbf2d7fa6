import { BlockList, isIP } from "node:net";

/**
 * Where a name may never lead, however it is listed: this machine, its own networks, and what is no public host at all
 * (the special-purpose registries of IANA). Metadata services of clouds stand in link-local, private and shared ranges;
 * the one that does not is named. Addresses for documentation are nobody's own network: where one answers, the operator
 * of the network has put a mirror or a gateway there for everybody, so they count as public.
 */
const SPECIAL_V4: readonly [net: string, bits: number, what: string][] = [
  ["0.0.0.0", 8, "this machine"],
  ["10.0.0.0", 8, "a private address"],
  ["100.64.0.0", 10, "an address of the provider's own network"],
  ["127.0.0.0", 8, "this machine"],
  ["169.254.0.0", 16, "a link-local address, where metadata services are"],
  ["172.16.0.0", 12, "a private address"],
  ["192.0.0.0", 24, "a reserved address"],
  ["192.88.99.0", 24, "a reserved address"],
  ["192.168.0.0", 16, "a private address"],
  ["198.18.0.0", 15, "an address for measurements"],
  ["224.0.0.0", 4, "a multicast address"],
  ["240.0.0.0", 4, "a reserved address"],
  ["168.63.129.16", 32, "a metadata service"],
];

/** Of version 6 only global unicast is public, less what stands for another address or for none. */
const GLOBAL_V6 = listOf([["2000::", 3]], "ipv6");
const SPECIAL_V6 = listOf(
  [
    ["2001::", 23], // tunnels (Teredo) and identifiers
    ["2002::", 16], // 6to4: an IPv4 address in disguise
  ],
  "ipv6",
);
const LISTS_V4 = SPECIAL_V4.map(([net, bits, what]) => ({ list: listOf([[net, bits]], "ipv4"), what }));

/**
 * Why an address is no public host, or null when it is one.
 * `own`: the machine's own addresses, some of which may be public.
 */
export function addressFault(address: string, own: readonly string[]): string | null {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return "no address that can be judged";
  if (own.includes(address)) return "this machine's own address";
  if (version === 4) return LISTS_V4.find(({ list }) => list.check(address, "ipv4"))?.what ?? null;
  if (!GLOBAL_V6.check(address, "ipv6") || SPECIAL_V6.check(address, "ipv6")) return "no public IPv6 address";
  return null;
}

function listOf(nets: readonly (readonly [net: string, bits: number])[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, family);
  return list;
}
