import { Descriptor, DirectoryEntryStream, filesystemErrorCode, rootOf } from "./descriptor.ts";
import { InputStream, IoError, OutputStream, Pollable, poll } from "./streams.ts";
import { createSystem, type System } from "./system.ts";
import { Tree } from "./tree.ts";
import type { ViewOptions } from "./view.ts";

/** The imports of a component by interface, and what is left of it when it has ended. */
export type Wasi = {
  imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  tree: Tree;
  said(): string; // what it wrote to its standard output and error, the end of it
};

/**
 * WASI 0.2 for one component: the task's files, and of everything else nothing. Whatever is called answers at once, for
 * a component cannot wait. `clock`: the time is told, and can be waited for.
 */
export function createWasi(options: ViewOptions & { clock: boolean }): Wasi {
  const tree = new Tree(options);
  const system: System = createSystem(options.clock);
  return {
    tree,
    said: system.said,
    imports: {
      ...system.imports,
      "wasi:io/error": { Error: IoError },
      "wasi:io/poll": { Pollable, poll },
      "wasi:io/streams": { InputStream, OutputStream },
      "wasi:filesystem/types": { Descriptor, DirectoryEntryStream, filesystemErrorCode },
      // wasi-libc takes both "/a" and "a" for a file below a folder of this name
      "wasi:filesystem/preopens": { getDirectories: () => [[rootOf(tree), "/"]] },
    },
  };
}
