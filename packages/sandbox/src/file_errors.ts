import { HostError } from "./tool.ts";

const REFUSALS = ["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"];

/** Whether the kernel refused because of rights or places, not because of what is there. */
export const isRefusal = (error: unknown): boolean => REFUSALS.includes(errorCode(error) ?? "");

/** The system's name of an error, such as ENOENT; null: it is none of the system's. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;

/** Turns what the kernel says into what a model can act on. Other errors are ours and go on. */
export function fileErrors<T>(verb: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = errorCode(error);
    if (error instanceof HostError || !(error instanceof Error) || code === null) throw error;
    if (code === "ENOENT") throw new HostError("missing", `Cannot ${verb} "${path}": it does not exist`);
    if (code === "ELOOP")
      throw new HostError("link", `Cannot ${verb} "${path}": it is a symbolic link, and links are not followed`);
    if (isRefusal(error))
      throw new HostError("read_only", `Cannot ${verb} "${path}": the jail of this task refuses it (${code})`);
    if (code === "ENAMETOOLONG")
      throw new HostError("io", `Cannot ${verb} "${path.slice(0, 200)}…": the name is too long`);
    throw new HostError("io", `Cannot ${verb} "${path}": ${withoutPaths(error.message)}`);
  }
}

/** Node's message ends with the path by which we reached the file, which means nothing to anybody else. */
const withoutPaths = (message: string): string => message.replace(/, [a-z]+ '[\s\S]*$/, "");
