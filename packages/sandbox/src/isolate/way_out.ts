import { closeSync, readFileSync } from "node:fs";
import type { Answer } from "../tool.ts";
import type { Level } from "./confinement.ts";
import type { Isolation, IsolationSpec } from "./isolation.ts";
import { openLibc } from "./libc.ts";
import { type HostProxy, openProxy, type Resolve } from "./proxy.ts";
import { DOOR_PORT, type DoorOrder, makeDoorPair, takeDoor } from "./proxy_door.ts";
import { proxyEnvironment } from "./proxy_environment.ts";

/**
 * The network of one isolated process, as the maker needs it at each step of a start.
 *
 * `door`      for the process itself, before it is restricted; null: it needs none
 * `port`      of the machine's own loopback, where the proxy stands for want of a network of one's own; else null
 * `inherited` descriptors that it gets besides its three streams
 * `env`       what its commands are told
 * `open`      to be called when it is ready: from then on there is a proxy, where there is to be one
 */
export type WayOut = {
  door: DoorOrder | null;
  port: number | null;
  inherited: readonly number[];
  env: Readonly<Record<string, string>>;
  open(): Promise<void>;
  refusals(): string[];
  close(): Promise<void>;
};

/** @throws Error at a level that cannot tell one host from another here */
export async function makeWayOut(
  level: Level,
  { network, lend }: Pick<IsolationSpec, "network" | "lend">,
  resolve?: Resolve,
): Promise<WayOut> {
  if (typeof network !== "object" || level === "wasm") return NONE;
  const fault = hostsFault(level);
  if (fault !== null) throw new Error(`Cannot open the network by host: ${fault.why} (${fault.cure})`);
  const { hosts } = network;
  const options = resolve === undefined ? { hosts, lend } : { hosts, lend, resolve };
  if (level === "seatbelt") return fromLoopback(await openProxy({ ...options, fd: null }), hosts);
  const libc = openLibc();
  const { outer, inner } = makeDoorPair(libc);
  const held = { proxy: null as HostProxy | null, fds: [outer, inner] };
  const closePair = () => {
    for (const fd of held.fds.splice(0)) closeSync(fd);
  };
  return {
    door: { unshare: level === "landlock" },
    port: null,
    inherited: [inner],
    env: proxyEnvironment(DOOR_PORT, hosts),
    async open() {
      held.proxy = await openProxy({ ...options, fd: takeDoor(libc, outer) });
      closePair();
    },
    refusals: () => held.proxy?.refusals() ?? [],
    async close() {
      closePair();
      await held.proxy?.close();
    },
  };
}

/** A start, and all that comes of it, with a way out that opens when it is ready and closes when it stops. */
export async function throughWayOut(way: WayOut, start: () => Promise<Isolation>): Promise<Isolation> {
  if (way === NONE) return start();
  const isolation = await start().catch(async (error: unknown) => {
    await way.close();
    throw error;
  });
  const stop = async () => {
    await isolation.stop();
    await way.close();
  };
  await way.open().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    ...isolation,
    call: async (tool, input, policy) => withRefusals(await isolation.call(tool, input, policy), way.refusals()),
    evaluate: isolation.evaluate,
    async exec(request) {
      const result = await isolation.exec(request);
      const refused_hosts = way.refusals();
      return refused_hosts.length === 0 ? result : { ...result, refused_hosts };
    },
    stop,
  };
}

/** Ahead of the answer, whose last line has a meaning. */
function withRefusals(answer: Answer, refusals: readonly string[]): Answer {
  if (refusals.length === 0) return answer;
  const said = { ...answer, text: `${refusals.join("\n")}\n${answer.text}` };
  return answer.ok || answer.touched !== undefined ? said : { ...said, refused_by: answer.refused_by ?? "network" };
}

const NONE: WayOut = {
  door: null,
  port: null,
  inherited: [],
  env: {},
  open: async () => {},
  refusals: () => [],
  close: async () => {},
};

/** Where there are no networks of one's own, the proxy listens on the machine's loopback, and the jail opens that port. */
const fromLoopback = (proxy: HostProxy, hosts: readonly string[]): WayOut => ({
  ...NONE,
  port: proxy.port,
  env: proxyEnvironment(proxy.port, hosts),
  refusals: proxy.refusals,
  close: proxy.close,
});

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/**
 * Why single hosts cannot be opened at a level on this machine, or null. Landlock knows ports and no hosts, so there the
 * process must leave the machine's network, for which this process needs root's powers.
 */
export function hostsFault(level: Level): { why: string; cure: string } | null {
  if (level !== "landlock") return null;
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  const has = (capability: bigint) => (held & (1n << capability)) !== 0n;
  if (has(CAP_SYS_ADMIN) && has(CAP_NET_ADMIN)) return null;
  return {
    why: "Landlock cannot tell hosts apart, and only root can give a process a network of its own",
    cure: 'Install bubblewrap (and leave level = "auto"), or open none: [sandbox] hosts = [], gate_hosts = [] and setup_network = true or false',
  };
}
