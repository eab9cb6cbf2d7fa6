import { diffApis } from "@dgov/semantic/api";
import type { ApiAnswer, ApiOrder } from "./compare_apis.ts";

/** The process that compares documents: one question comes as JSON, one answer goes. It knows no repository and no key. */
export async function serveApis(): Promise<void> {
  const { base, head, rules } = JSON.parse(await Bun.stdin.text()) as ApiOrder; // our own parent's words
  await Bun.write(Bun.stdout, JSON.stringify(diffApis(base, head, rules) satisfies ApiAnswer));
}
