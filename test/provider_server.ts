import { z } from "zod";

/** What the server was asked: headers in lower case, the body as JSON. */
export type Asked = { path: string; headers: Record<string, string>; body: Record<string, unknown> };

/** One answer of the server. `stream` sends each value as an event; a string is sent as it is, `cut` breaks the connection, `stall` stays silent. */
export type Play =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { stream: readonly (unknown | string)[]; end?: "done" | "close" | "cut" | "stall"; type?: string; gap_ms?: number };

export type ProviderServer = { url: string; asked: Asked[]; stop(): Promise<void> };

/**
 * A provider on this machine that plays answers in order; the last one repeats. One that is a function is made of what was
 * asked. It speaks as much HTTP as clients of models do.
 */
export function startProvider(plays: readonly (Play | ((asked: Asked) => Play))[]): ProviderServer {
  // A proxy of the machine must not come between a test and its own server.
  for (const name of ["http_proxy", "https_proxy", "all_proxy"])
    for (const key of [name, name.toUpperCase()]) delete process.env[key];
  const asked: Asked[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    error: () => new Response(null, { status: 599 }),
    fetch: async (request) => {
      const body = z.record(z.string(), z.unknown()).parse(await request.json());
      const now = { path: new URL(request.url).pathname, headers: Object.fromEntries(request.headers), body };
      asked.push(now);
      const play = plays[Math.min(asked.length, plays.length) - 1] ?? { status: 500 };
      return answer(typeof play === "function" ? play(now) : play);
    },
  });
  return { url: `http://127.0.0.1:${server.port}/v1`, asked, stop: () => server.stop(true) };
}

type Replied = {
  text?: string;
  calls?: readonly { tool: string; input: string }[];
  usage?: Record<string, unknown>; // absent: 11 tokens in and 7 out
};

/** The events of a reply: text in pieces, then calls in pieces, then the finish and the count. */
export function replyEvents(reply: Replied): unknown[] {
  const text = (reply.text ?? "").match(/.{1,4}/gs) ?? [];
  const calls = (reply.calls ?? []).flatMap(({ tool, input }, index) => [
    delta({ tool_calls: [{ index, id: `id-${index}`, type: "function", function: { name: tool, arguments: "" } }] }),
    ...(input.match(/.{1,5}/gs) ?? []).map((piece) =>
      delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
    ),
  ]);
  const finish_reason = calls.length > 0 ? "tool_calls" : "stop";
  return [
    delta({ role: "assistant", content: "" }),
    ...text.map((content) => delta({ content })),
    ...calls,
    { choices: [{ index: 0, delta: {}, finish_reason }] },
    { choices: [], usage: reply.usage ?? { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } },
  ];
}

export const delta = (delta: unknown, finish_reason: string | null = null): unknown => ({
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, finish_reason }],
});

function answer(play: Play): Response {
  if ("status" in play) {
    const text = typeof play.body === "string" ? play.body : JSON.stringify(play.body ?? {});
    return new Response(text, {
      status: play.status,
      headers: { "content-type": "application/json", ...play.headers },
    });
  }
  const { stream, end = "done", gap_ms = 0 } = play;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const event of stream) {
        if (gap_ms > 0) await Bun.sleep(gap_ms);
        controller.enqueue(encoder.encode(typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`));
      }
      if (end === "stall") return;
      if (end === "done") controller.enqueue(encoder.encode("data: [DONE]\n\n"));
      if (end === "cut") {
        await Bun.sleep(20); // what was said goes out first
        controller.error(new Error("cut as the test wants"));
      } else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": play.type ?? "text/event-stream" } });
}
