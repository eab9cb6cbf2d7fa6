import { isIP } from "node:net";
import { readTarget, type Target } from "./proxy_hosts.ts";

/** Whether the first bytes of a tunnel may go on: not enough of them yet, they may, or why not. */
export type Verdict = "more" | "fine" | { why: string };

const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;
const WEB_PORTS = [80, 443];
const HELLO_MAX_BYTES = 64 * 1024;

/**
 * Behind one address of a large front stand a great many sites, and the greeting of TLS says which is meant: so a tunnel
 * to a listed name must greet that name. On the ports of the web there is nothing but TLS in a tunnel; on others, which
 * are listed one by one, it may be anything, and an address has no name to greet.
 */
export function judgeHello({ host, port }: Target, held: Buffer): Verdict {
  if (isIP(host) !== 0) return "fine";
  if (held.length === 0) return "more";
  if (held[0] !== HANDSHAKE)
    return WEB_PORTS.includes(port) ? { why: `a tunnel to ${host} on port ${port} must be TLS` } : "fine";
  const message = handshake(held);
  if (message === "more") return "more";
  const name = message === null ? null : serverName(message);
  if (name === null) return { why: `the TLS greeting in a tunnel to ${host} names no host` };
  if (readTarget(name, 443)?.host === host) return "fine";
  return { why: `the TLS greeting in a tunnel to ${host} names another host` };
}

/** The first message of the handshake, put together from its records. null: it is no greeting. */
function handshake(held: Buffer): Buffer | "more" | null {
  let message = Buffer.alloc(0);
  for (let at = 0; ; ) {
    if (message.length >= MESSAGE_HEAD) {
      const length = message.readUIntBE(1, 3);
      if (message[0] !== CLIENT_HELLO || length > HELLO_MAX_BYTES) return null;
      if (message.length >= MESSAGE_HEAD + length) return message.subarray(MESSAGE_HEAD, MESSAGE_HEAD + length);
    }
    if (held.length < at + RECORD_HEAD) return "more";
    const end = at + RECORD_HEAD + held.readUInt16BE(at + 3);
    if (held[at] !== HANDSHAKE || end === at + RECORD_HEAD) return null;
    if (held.length < end) return "more";
    message = Buffer.concat([message, held.subarray(at + RECORD_HEAD, end)]);
    at = end;
  }
}

/** The host that a ClientHello names, or null: it names none, or is cut. */
function serverName(hello: Buffer): string | null {
  const session = fieldAt(hello, 2 + 32, 1); // version and random before it
  const suites = session && fieldAt(hello, session.end, 2);
  const compression = suites && fieldAt(hello, suites.end, 1);
  const extensions = compression && fieldAt(hello, compression.end, 2);
  if (!extensions) return null;
  const { bytes } = extensions;
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const extension = at + 2 <= bytes.length ? fieldAt(bytes, at + 2, 2) : null;
    if (!extension) return null;
    if (bytes.readUInt16BE(at) === SERVER_NAME) names.push(...namesIn(extension.bytes));
    at = extension.end;
  }
  const [name] = names;
  return names.length === 1 && name !== undefined ? name : null; // of two, the other end may read the other one
}

function namesIn(extension: Buffer): string[] {
  const list = fieldAt(extension, 0, 2)?.bytes ?? Buffer.alloc(0);
  const names: string[] = [];
  for (let at = 0; at < list.length; ) {
    const name = fieldAt(list, at + 1, 2);
    if (!name || list[at] !== HOST_NAME) return [];
    names.push(name.bytes.toString("latin1"));
    at = name.end;
  }
  return names;
}

/** Bytes behind their own length. null: they are cut. */
function fieldAt(from: Buffer, at: number, length_bytes: 1 | 2): { bytes: Buffer; end: number } | null {
  if (at + length_bytes > from.length) return null;
  const start = at + length_bytes;
  const end = start + from.readUIntBE(at, length_bytes);
  return end > from.length ? null : { bytes: from.subarray(start, end), end };
}
