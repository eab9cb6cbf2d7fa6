import { isIP } from "node:net";

/**
 * One entry of a list of hosts. `any`: every public host. `below`: every name that ends in `.host`, not the host itself.
 * `literal`: an address, which may also be a private one, and to which a listed name may then lead.
 * `port` null: the two of the web.
 */
export type HostRule = { text: string; kind: "any" | "below" | "name" | "literal"; host: string; port: number | null };

/** Where somebody wants to go. `host` is in its one spelling; an IPv6 address has no brackets. */
export type Target = { host: string; port: number };

const WEB_PORTS = [80, 443];
const LABELS = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const PORTED = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/i;

/** Reads `pypi.org`, `*.example.org`, `*`, `10.0.0.7:8080`, `[::1]:80`. null: it is none of these. */
export function readHostRule(text: string): HostRule | null {
  const [, written = "", port_text] = PORTED.exec(text) ?? [];
  const port = port_text === undefined ? null : Number(port_text);
  if (written === "" || (port !== null && !isPort(port))) return null;
  if (written === "*") return { text, kind: "any", host: "", port };
  const below = written.startsWith("*.");
  const host = oneSpelling(below ? written.slice(2) : written);
  if (host === null || (below && isIP(host) !== 0)) return null;
  return { text, kind: below ? "below" : isIP(host) === 0 ? "name" : "literal", host, port };
}

/** Whether a list of hosts may have this entry. */
export const isHostRule = (text: string): boolean => readHostRule(text) !== null;

/** @throws Error for an entry that is none: a list that is half understood would open or close the wrong thing */
export function readHostRules(hosts: readonly string[]): HostRule[] {
  return hosts.map((text) => {
    const rule = readHostRule(text);
    if (rule === null) throw new Error(`Cannot open the host "${text}": it is no name, address or pattern of names`);
    return rule;
  });
}

/** Reads `host` or `host:port` as a client writes it. null: it is neither, or has no port where none is understood. */
export function readTarget(authority: string, port_default: number | null): Target | null {
  const [, written = "", port_text] = PORTED.exec(authority) ?? [];
  const port = port_text === undefined ? port_default : Number(port_text);
  const host = written === "" ? null : oneSpelling(written);
  return host === null || port === null || !isPort(port) ? null : { host, port };
}

/** A target as a URL has it: the port only where it is not the usual one of plain HTTP. */
export const authorityOf = ({ host, port }: Target): string =>
  port === 80 ? bracketed(host) : `${bracketed(host)}:${port}`;

/** Why these rules do not let somebody go there, in words for the worker, or null when they do. */
export function hostFault(rules: readonly HostRule[], { host, port }: Target): string | null {
  const known = rules.filter((rule) => matches(rule, host));
  if (known.some((rule) => opens(rule, port))) return null;
  const more = rules.length > SHOWN ? [`and ${rules.length - SHOWN} more`] : [];
  const listed = [...rules.slice(0, SHOWN).map(({ text }) => text), ...more].join(", ");
  if (known.length > 0) return `port ${port} of ${host} is not open to this task, whose hosts are: ${listed}`;
  if (isIP(host) !== 0)
    return `the address ${host} is not among the hosts of this task, and only names can be covered by "*": ${listed}`;
  return `${host} is not among the hosts of this task: ${listed}`;
}

const SHOWN = 12;

/** Whether an address is listed by itself, so that it may be reached although it is private. */
export const isListedAddress = (rules: readonly HostRule[], { host, port }: Target): boolean =>
  rules.some((rule) => rule.kind === "literal" && rule.host === oneSpelling(bracketed(host)) && opens(rule, port));

function matches(rule: HostRule, host: string): boolean {
  if (rule.kind === "any") return isIP(host) === 0;
  if (rule.kind === "below") return isIP(host) === 0 && host.endsWith(`.${rule.host}`);
  return rule.host === host;
}

const opens = (rule: HostRule, port: number) => (rule.port === null ? WEB_PORTS.includes(port) : rule.port === port);

const isPort = (port: number) => Number.isInteger(port) && port > 0 && port < 65_536;
const bracketed = (host: string) => (isIP(host) === 6 ? `[${host}]` : host);

/**
 * The one spelling of a host: lower case, no dot at the end, and every way to write an address (`127.1`, `0x7f000001`,
 * `[::0:1]`) as that address, by the rules that browsers share. null: no host.
 */
function oneSpelling(written: string): string | null {
  const bare = written.toLowerCase().replace(/\.$/, "");
  if (!bare.startsWith("[") && (!LABELS.test(bare) || bare.length > 253)) return null;
  const url = URL.parse(`http://${bare}/`);
  return url === null || url.hostname === "" ? null : url.hostname.replace(/^\[|\]$/g, "");
}
