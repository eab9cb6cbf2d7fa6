import { isSecretFile } from "./secret_file.ts";
import { decode } from "./text_file.ts";
import { type Host, HostError } from "./tool.ts";

const FILE_MAX_BYTES = 2_000_000;

/** The texts of many files, one at a time. What is no ordinary file, no text, large, or may hold secrets is passed over. */
export async function* textFiles(host: Host, paths: Iterable<string>): AsyncGenerator<{ path: string; text: string }> {
  for (const path of paths) {
    const text = isSecretFile(path) ? null : await smallText(host, path);
    if (text !== null) yield { path, text };
  }
}

async function smallText(host: Host, path: string): Promise<string | null> {
  try {
    const found = await host.stat(path);
    if (found?.kind !== "file" || found.size_bytes > FILE_MAX_BYTES) return null;
    return decode(await host.readBytes(path))?.text ?? null;
  } catch (error) {
    if (error instanceof HostError) return null; // it is gone again, or its name is one that no tool takes
    throw error;
  }
}
