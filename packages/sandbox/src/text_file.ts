import { type Host, HostError } from "./tool.ts";

/** A file's text and the way back to bytes: the same encoding, the same byte order mark. */
export type TextFile = { text: string; encode(text: string): Uint8Array };

/**
 * Opens a file for editing.
 *
 * @throws HostError when it is missing, a directory, a link, or not text
 */
export async function openText(host: Host, path: string): Promise<TextFile> {
  const opened = decode(await bytesOf(host, path));
  if (opened === null) throw new HostError("binary", `Cannot read "${path}": it is a binary file, not text`);
  return opened;
}

async function bytesOf(host: Host, path: string): Promise<Uint8Array> {
  try {
    return await host.readBytes(path);
  } catch (error) {
    await existingFile(host, path); // what is wrong, in the words of opening
    throw error;
  }
}

/** @throws HostError unless an ordinary file is there */
export async function existingFile(host: Host, path: string): Promise<void> {
  const kind = (await host.stat(path))?.kind ?? null;
  if (kind === null) throw new HostError("missing", `Cannot open "${path}": it does not exist`);
  if (kind === "directory") throw new HostError("not_a_file", `Cannot open "${path}": it is a directory`);
  if (kind === "link")
    throw new HostError("link", `Cannot open "${path}": it is a symbolic link, and links are not followed`);
  if (kind === "other") throw new HostError("not_a_file", `Cannot open "${path}": it is not a regular file`);
}

/** UTF-8, UTF-16 with its mark, or one byte a character as Latin-1 where nothing else fits. null: not text at all. */
export function decode(bytes: Uint8Array): TextFile | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0xff && buffer[1] === 0xfe && buffer.length % 2 === 0) {
    const text = buffer.subarray(2).toString("utf16le");
    return { text, encode: (next) => Buffer.concat([buffer.subarray(0, 2), Buffer.from(next, "utf16le")]) };
  }
  if (buffer.includes(0)) return null;
  const mark = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0;
  try {
    const text = UTF8.decode(buffer.subarray(mark));
    return { text, encode: (next) => Buffer.concat([buffer.subarray(0, mark), Buffer.from(next)]) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { text: buffer.toString("latin1"), encode: latin1 };
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function latin1(text: string): Uint8Array {
  const beyond = [...text].find((char) => char.codePointAt(0)! > 0xff);
  if (beyond !== undefined)
    throw new HostError(
      "binary",
      `Cannot write "${beyond}": the file is not UTF-8 and its encoding has no such character`,
    );
  return Buffer.from(text, "latin1");
}

/** The line end a file uses: CRLF when most of its lines end so. */
export function lineEnd(text: string): "\n" | "\r\n" {
  const crlf = text.split("\r\n").length - 1;
  return crlf > 0 && crlf * 2 >= text.split("\n").length - 1 ? "\r\n" : "\n";
}
