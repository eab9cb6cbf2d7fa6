import { chmodSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes a folder with all in it, also where folders in it forbid that, as those of Go's module cache do. Follows no
 * link. What another user owns cannot be removed, and is left: it costs disk, and nobody waits for it.
 */
export function removeTree(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!isDenied(error)) throw error;
    try {
      open(folder);
      rmSync(folder, { recursive: true, force: true });
    } catch (again) {
      if (!isDenied(again)) throw again;
    }
  }
}

function open(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) open(join(folder, entry.name));
}

const isDenied = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["EACCES", "EPERM", "ENOTEMPTY"].includes(String(error.code));
