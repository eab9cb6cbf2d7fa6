import { connect, type Socket } from "node:net";
import type { ProxyLimits } from "../limits.ts";

export type Stream = Pick<Socket, "write">;

const EMPTY_LINE = Buffer.from("\r\n\r\n");

/** Reads the head of a request, without its empty line, and what came behind it. `head` null: too long, too late, or none. */
export function readUntilEmptyLine(
  client: Socket,
  limits: ProxyLimits,
): Promise<{ head: string | null; rest: Buffer }> {
  const { promise, resolve } = Promise.withResolvers<{ head: string | null; rest: Buffer }>();
  let held = Buffer.alloc(0);
  const done = (head: string | null, rest: Buffer) => {
    clearTimeout(timer);
    client.pause();
    client.off("data", onData).off("end", onEnd).off("close", onEnd);
    resolve({ head, rest });
  };
  const onData = (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(EMPTY_LINE);
    if (end < 0 && held.length <= limits.head_bytes) return;
    if (end < 0 || end > limits.head_bytes) done(null, held);
    else done(held.toString("latin1", 0, end), held.subarray(end + EMPTY_LINE.length));
  };
  const onEnd = () => done(null, held);
  const timer = setTimeout(onEnd, limits.head_ms).unref();
  client.on("data", onData).on("end", onEnd).on("close", onEnd).resume();
  return promise;
}

/** Connects to an address, which is no name, so nothing is resolved again. null: it does not answer. */
export function connectTo(address: string, port: number, limits: ProxyLimits): Promise<Socket | null> {
  const { promise, resolve } = Promise.withResolvers<Socket | null>();
  const socket = connect({ host: address, port, allowHalfOpen: true });
  const fail = () => {
    clearTimeout(timer);
    socket.destroy();
    resolve(null);
  };
  const timer = setTimeout(fail, limits.connect_ms).unref();
  socket.once("error", fail);
  socket.once("connect", () => {
    clearTimeout(timer);
    socket.pause();
    socket.off("error", fail).on("error", () => socket.destroy());
    resolve(socket);
  });
  return promise;
}

/** What of a client's bytes goes on now, in their order; none of them yet; or null: these may not, and both sides end. */
export type Valve = (chunk: Buffer) => Buffer | null;

/** `room`: the bytes left to the whole task. */
export type Joining = {
  client: Socket;
  upstream: Socket;
  early: Buffer;
  valve: Valve;
  room: { bytes: number };
  limits: ProxyLimits;
};

/** Hands bytes on both ways until both sides have ended, nothing moves for long, or a limit is reached. */
export function join({ client, upstream, early, valve, room, limits }: Joining): void {
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  const timer = setTimeout(end, limits.idle_ms).unref();
  const counted = (bytes: number): boolean => {
    timer.refresh();
    room.bytes -= bytes;
    if (room.bytes >= 0) return true;
    end();
    return false;
  };
  const up = (chunk: Buffer) => {
    if (!counted(chunk.length)) return;
    const on = valve(chunk);
    if (on === null) end();
    else if (on.length > 0) handOn(on, client, upstream);
  };
  client.on("data", up).on("end", () => upstream.end());
  upstream
    .on("data", (chunk: Buffer) => counted(chunk.length) && handOn(chunk, upstream, client))
    .on("end", () => client.end());
  client.on("close", () => {
    clearTimeout(timer);
    upstream.destroy(); // nobody is left to read an answer
  });
  upstream.on("close", () => client.end(() => client.destroy()));
  if (early.length > 0) up(early);
  client.resume();
  upstream.resume();
  if (client.destroyed || upstream.destroyed) end(); // one went away while the other was sought
}

/** A side that does not read makes the other wait: nothing piles up here. */
function handOn(chunk: Buffer, from: Socket, to: Socket): void {
  if (to.destroyed || to.write(chunk)) return;
  from.pause();
  to.once("drain", () => from.resume());
}
