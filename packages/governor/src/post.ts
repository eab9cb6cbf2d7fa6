/** A document for somebody else's server. `headers` beside the type of the content. */
export type Posting = { url: string; headers: Readonly<Record<string, string>>; body: unknown; timeout_ms: number };

/** What came of it: the server's status, or in which words it could not be reached. */
export type Posted = { ok: boolean; why: string };

/**
 * Sends JSON to an address that the person who runs dgov has written down for it; no repository can name one. It is never sent on:
 * a server that answers with another address has not taken it.
 */
export async function postJson({ url, headers, body, timeout_ms }: Posting, signal: AbortSignal): Promise<Posted> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)]),
    });
    await answer.body?.cancel();
    return { ok: answer.ok, why: answer.ok ? "" : `it answered ${answer.status}` };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}
