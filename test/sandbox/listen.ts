import { join } from "node:path";

/** Everything a task might call, and how often anybody did. */
export type Listener = { port: number; hits(): number; stop(): void };

const ABSTRACT = "\0dgov-lab-";

/**
 * Listens on a port of the loop-back interface by TCP and UDP, on a socket file in each folder, and on an abstract
 * socket, which is named like the port.
 */
export async function listen(folders: readonly string[]): Promise<Listener> {
  let hits = 0;
  const socket = {
    open(one: { end(text: string): unknown }) {
      hits++;
      one.end("HTTP/1.0 200 OK\r\n\r\nhello\n");
    },
    data() {},
  };
  const tcp = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  const udp = await Bun.udpSocket({ hostname: "127.0.0.1", port: tcp.port, socket: { data: () => void hits++ } });
  const places = [`${ABSTRACT}${tcp.port}`, ...folders.map((folder) => join(folder, "x.sock"))];
  const local = places.map((unix) => Bun.listen({ unix, socket }));
  return {
    port: tcp.port,
    hits: () => hits,
    stop() {
      for (const one of [tcp, ...local]) one.stop(true);
      udp.close();
    },
  };
}
