import { ComponentError } from "./component.ts";

const PAGE_BYTES = 65_536;
const PAGES_MAX = 65_536; // 4 GiB: a 32-bit address reaches no further
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * A core module whose memories cannot grow beyond a limit: the maximum that its memory section declares is lowered.
 * Memories that it imports are another module's, which has the same limit.
 *
 * @throws ComponentError `invalid` when it needs more from the start, or has memories of a kind that cannot be limited
 */
export function withMemoryLimit(module: Uint8Array, memory_bytes: number): Uint8Array<ArrayBuffer> {
  if (!MAGIC.every((byte, at) => module[at] === byte)) throw invalid("one of its modules is not WebAssembly 1.0");
  const parts: Uint8Array[] = [module.subarray(0, MAGIC.length)];
  for (let at = MAGIC.length; at < module.length; ) {
    const size = readNumber(module, at + 1);
    const end = size.next + size.value;
    if (end > module.length) throw invalid("one of its modules is cut off");
    if (module[at] === MEMORY_SECTION) {
      const pages = Math.min(PAGES_MAX, Math.floor(memory_bytes / PAGE_BYTES));
      const body = limited(module.subarray(size.next, end), pages);
      parts.push(Uint8Array.of(MEMORY_SECTION, ...encode(body.length)), Uint8Array.from(body));
    } else parts.push(module.subarray(at, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(parts)); // not `from`, which walks over them one by one
}

function limited(section: Uint8Array, pages: number): number[] {
  const count = readNumber(section, 0);
  if (count.value > 1) throw invalid("one of its modules has several memories, and only one can be limited");
  const body = encode(count.value);
  for (let n = 0, at = count.next; n < count.value; n++) {
    const flags = section[at] ?? 0;
    if (flags > HAS_MAXIMUM) throw invalid("its memory is shared or has 64-bit addresses; build it for plain wasm32");
    const least = readNumber(section, at + 1);
    const most = flags === HAS_MAXIMUM ? readNumber(section, least.next) : null;
    if (least.value > pages) {
      const needed = Math.ceil((least.value * PAGE_BYTES) / 1024 / 1024);
      throw new ComponentError(
        "memory",
        `it needs ${needed} MiB of memory to begin with; raise memory_mb to ${needed}`,
      );
    }
    body.push(HAS_MAXIMUM, ...encode(least.value), ...encode(Math.min(pages, most?.value ?? pages)));
    at = most?.next ?? least.next;
  }
  return body;
}

const invalid = (why: string) => new ComponentError("invalid", why);

/** An unsigned LEB128 number of at most 32 bits. */
function readNumber(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, shift = 0; shift < 35; at++, shift += 7) {
    const byte = bytes[at];
    if (byte === undefined) throw invalid("one of its modules is cut off");
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw invalid("one of its modules has a number that is too long");
}

function encode(number: number): number[] {
  return number < 0x80 ? [number] : [(number % 0x80) | 0x80, ...encode(Math.floor(number / 0x80))];
}
