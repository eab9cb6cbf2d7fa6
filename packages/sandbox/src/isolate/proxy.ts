import { lookup } from "node:dns/promises";
import { createServer, isIP, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { PROXY_LIMITS, type ProxyLimits } from "../limits.ts";
import { addressFault } from "./proxy_address.ts";
import { type Asked, readHead } from "./proxy_head.ts";
import { judgeHello } from "./proxy_hello.ts";
import { type HostRule, hostFault, isListedAddress, readHostRules, type Target } from "./proxy_hosts.ts";
import { connectTo, join, readUntilEmptyLine, type Stream, type Valve } from "./proxy_stream.ts";

/** Finds the addresses of a name. @throws Error when there are none */
export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * The one way out of a jail whose network is a list of hosts. It runs outside, with the governor's own network; what is
 * inside reaches nothing but this. It judges each connection by name, then by the addresses that the name has, and
 * connects to an address that it has judged, never to the name again. Of TLS it reads the greeting and no more.
 *
 * `refusals`  what was refused since the last question, in words for the worker; each once, and not too many
 */
export type HostProxy = { port: number; refusals(): string[]; close(): Promise<void> };

/** What is behind the one name that leads to nobody's network: whoever asks for it inside is handed over, with what came already. */
export type Lend = (connection: Socket, early: Buffer) => void;
/** No name of any network ends so (RFC 9476 keeps "internal" private). */
export const LENT = { host: "task.dgov.internal", port: 1 } as const;

/** `lend`: absent: nothing is behind that name. `fd`: a listening socket that was made elsewhere; null: a port of this machine's own loopback is taken. */
export type ProxyOptions = {
  fd: number | null;
  hosts: readonly string[];
  resolve?: Resolve;
  limits?: Partial<ProxyLimits>;
  lend?: Lend | undefined;
};

type Gate = {
  rules: readonly HostRule[];
  resolve: Resolve;
  limits: ProxyLimits;
  refused: Set<string>;
  sockets: Set<Socket>;
  room: { bytes: number };
  lend: Lend | undefined;
};

export async function openProxy({
  fd,
  hosts,
  resolve = bySystem,
  limits: fewer,
  lend,
}: ProxyOptions): Promise<HostProxy> {
  const limits = { ...PROXY_LIMITS, ...fewer };
  const room = { bytes: limits.bytes_max };
  const gate: Gate = {
    rules: readHostRules(hosts),
    resolve,
    limits,
    refused: new Set(),
    sockets: new Set(),
    room,
    lend,
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    attend(gate, client).catch((error: unknown) => reply(client, 500, String(error))); // one connection's fault is its own
  });
  await listening(server, fd);
  const at = server.address();
  return {
    port: typeof at === "object" && at !== null ? at.port : 0,
    refusals() {
      const words = [...gate.refused];
      gate.refused.clear();
      return words;
    },
    async close() {
      for (const socket of gate.sockets) socket.destroy();
      const { promise, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      await promise;
    },
  };
}

function listening(server: Server, fd: number | null): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(fd === null ? { host: "127.0.0.1", port: 0 } : { fd }, resolve);
  return promise;
}

const bySystem: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** A connection from inside, to its end. Whatever it sends, it ends alone. */
async function attend(gate: Gate, client: Socket): Promise<void> {
  const { sockets, limits } = gate;
  client.on("error", () => client.destroy()); // the other end went away: that is its business
  client.on("close", () => sockets.delete(client));
  if (sockets.size >= limits.connections_max) return void client.destroy(); // words would hold what is to be spared
  sockets.add(client);
  const { head, rest } = await readUntilEmptyLine(client, limits);
  if (head === null) return reply(client, 431, "no request came, or its head is too long");
  const asked = readHead(head);
  if (asked.kind === "nonsense") return reply(client, asked.status, asked.why);
  if (gate.lend && asked.kind === "tunnel" && asked.target.host === LENT.host && asked.target.port === LENT.port) {
    client.write(ESTABLISHED);
    return gate.lend(client, rest);
  }
  const way = await openWay(gate, asked.target);
  if ("why" in way) {
    if (way.status === 403) note(gate, way.why);
    return reply(client, way.status, way.why);
  }
  const { upstream } = way;
  sockets.add(upstream);
  upstream.on("close", () => sockets.delete(upstream));
  begin(asked, client, upstream);
  const valve = asked.kind === "request" ? bodyValve(asked.body_bytes) : helloValve(gate, asked.target);
  join({ client, upstream, early: rest, valve, room: gate.room, limits });
}

const ESTABLISHED = "HTTP/1.1 200 Connection established\r\n\r\n";

type Askable = Exclude<Asked, { kind: "nonsense" }>;

function begin(asked: Askable, client: Stream, upstream: Stream): void {
  if (asked.kind === "tunnel") client.write(ESTABLISHED);
  else upstream.write(Buffer.from(asked.head, "latin1"));
}

/** So many bytes, and no second request behind them. */
function bodyValve(bytes: number): Valve {
  let left = bytes;
  return (chunk) => {
    left -= chunk.length;
    return left >= 0 ? chunk : null;
  };
}

/** Nothing, until the first bytes say that they are for the host that was judged. */
function helloValve(gate: Gate, target: Target): Valve {
  let held: Buffer | null = Buffer.alloc(0);
  return (chunk) => {
    if (held === null) return chunk;
    held = Buffer.concat([held, chunk]);
    const verdict = judgeHello(target, held);
    if (verdict === "more") return Buffer.alloc(0);
    if (verdict !== "fine") note(gate, verdict.why);
    const bytes = held;
    held = null;
    return verdict === "fine" ? bytes : null;
  };
}

type Way = { upstream: Socket } | { status: number; why: string };

/** Judges the target, finds its addresses, judges those, and connects to the first that answers. */
async function openWay({ rules, resolve, limits }: Gate, target: Target): Promise<Way> {
  const fault = hostFault(rules, target);
  if (fault !== null) return { status: 403, why: fault };
  const found = isIP(target.host) === 0 ? await addressesOf({ resolve, limits }, target.host) : [target.host];
  if (typeof found === "string") return { status: 502, why: `${target.host} cannot be resolved: ${found}` };
  const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  const judged = found.map((address) => ({
    address,
    why: isListedAddress(rules, { ...target, host: address }) ? null : addressFault(address, own),
  }));
  const good = judged.filter(({ why }) => why === null).slice(0, limits.addresses_max);
  const [bad] = judged;
  if (good.length === 0 && bad)
    return {
      status: 403,
      why: `${target.host} leads to ${bad.address}, which is ${bad.why}; a name may lead there only when the address is listed too`,
    };
  for (const { address } of good) {
    const upstream = await connectTo(address, target.port, limits);
    if (upstream !== null) return { upstream };
  }
  return { status: 502, why: `${target.host} does not answer on port ${target.port}` };
}

/** The addresses, or why there are none. */
async function addressesOf(
  { resolve, limits }: Pick<Gate, "resolve" | "limits">,
  host: string,
): Promise<readonly string[] | string> {
  const { promise: late, resolve: giveUp } = Promise.withResolvers<string>();
  const timer = setTimeout(() => giveUp("the name servers do not answer"), limits.resolve_ms).unref();
  try {
    const found = await Promise.race([resolve(host), late]);
    return found.length === 0 ? "it has no address" : found;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

function note({ refused, limits }: Gate, why: string): void {
  if (refused.size < limits.refusals_max) refused.add(`CONFINED: ${why}`);
}

const WORDS_MAX = 400;
const LINGER_MS = 5_000;

/** The words stand in the first line too: of an answer to CONNECT most clients show nothing else. */
function reply(client: Socket, status: number, why: string): void {
  const words = `${status === 403 ? "CONFINED" : "PROXY"}: ${why}`.replace(/[^\x20-\x7e]/g, "?");
  const body = `${words}\n`;
  const head = [
    `HTTP/1.1 ${status} ${words.slice(0, WORDS_MAX)}`,
    "Content-Type: text/plain",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  const close = () => client.destroy();
  client.on("end", close).resume(); // what else it sends is read and thrown away: else it may lose the answer
  setTimeout(close, LINGER_MS).unref();
  client.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => client.readableEnded && close());
}
