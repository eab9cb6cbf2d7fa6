import { authorityOf, readTarget, type Target } from "./proxy_hosts.ts";

/**
 * What a client asks of the proxy. `tunnel`: bytes both ways, which nobody here can read. `request`: one plain request,
 * with the head as it is to be sent on and the bytes of body that follow.
 */
export type Asked =
  | { kind: "tunnel"; target: Target }
  | { kind: "request"; target: Target; head: string; body_bytes: number }
  | { kind: "nonsense"; status: number; why: string };

const nonsense = (status: number, why: string): Asked => ({ kind: "nonsense", status, why });
const FIRST = /^([A-Z]{1,20}) (\S{1,8000}) HTTP\/1\.[01]$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Means something to the two ends of one connection alone, so it is never sent on. */
const HOP_BY_HOP = ["connection", "keep-alive", "te", "trailer", "upgrade", "expect", "host"];

/** Reads the head of a request, which ends before its empty line. `text` is Latin-1: one character a byte. */
export function readHead(text: string): Asked {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, address] = FIRST.exec(first) ?? [];
  if (method === undefined || address === undefined) return nonsense(400, "the first line is no HTTP request");
  const fields = lines.map((line) => FIELD.exec(line));
  if (!fields.every((field) => field !== null)) return nonsense(400, "a header line cannot be read");
  if (method === "CONNECT") {
    const target = readTarget(address, null);
    return target ? { kind: "tunnel", target } : nonsense(400, "CONNECT needs a host and a port");
  }
  return readRequest({ method, address, fields: fields.map(([, name = "", value = ""]) => [name, value.trim()]) });
}

type Parts = { method: string; address: string; fields: readonly (readonly [name: string, value: string])[] };

/** The host is the address's, and is told again to the server: a `Host` header of the client's own would lead elsewhere. */
function readRequest({ method, address, fields }: Parts): Asked {
  const [, authority = "", path = ""] = /^http:\/\/([^/?#@]+)([/?][^#]*)?$/i.exec(address) ?? [];
  const target = authority === "" ? null : readTarget(authority, 80);
  if (target === null) return nonsense(400, "this is a proxy, and the address is no http:// address of a host");
  const values = (wanted: string) => fields.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
  if (values("transfer-encoding").length > 0) return nonsense(411, "a body needs a Content-Length here");
  const lengths = values("content-length");
  const [length = "0"] = lengths;
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(length)) return nonsense(400, "the Content-Length cannot be read");
  const local = new Set([
    ...HOP_BY_HOP,
    ...values("connection").flatMap((names) => names.toLowerCase().split(/\s*,\s*/)),
  ]);
  local.delete("content-length"); // a client that calls it local would smuggle a second request in the body
  const kept = fields.filter(([name]) => !local.has(name.toLowerCase()) && !/^proxy-/i.test(name));
  const head = [
    `${method} ${path.startsWith("/") ? path : `/${path}`} HTTP/1.1`,
    `Host: ${authorityOf(target)}`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    "Connection: close",
  ];
  return { kind: "request", target, head: `${head.join("\r\n")}\r\n\r\n`, body_bytes: Number(length) };
}
