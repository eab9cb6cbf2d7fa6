import { statOf } from "./index_file.ts";

/** Git, asked once; `ok` are the exit statuses that are an answer. */
type Ask = (
  args: readonly string[],
  options: { ok: readonly number[] },
) => Promise<{ exit: number; bytes: Uint8Array }>;

/** `off`: settings that turn those programs off. `plain`: nothing is said of how files of git's own are written. */
export type Disarmed = { off: Record<string, string>; plain: boolean };
type Known = Disarmed & { files: readonly string[]; stamps: string };

/**
 * The programs that the repository's own configuration names, turned off: content filters pass files as they are, and a
 * merge driver that some attribute picks answers "conflict". Read again whenever the configuration has changed, and each
 * time where it includes another file: that one may be anywhere, also among those that a task may edit.
 *
 * @param plain asks git in the place whose configuration counts, with nothing of it turned off yet: reading runs nothing
 */
export function disarming(plain: Ask): () => Promise<Disarmed> {
  const state: { known: Promise<Known | null> | null } = { known: null };
  return async () => {
    const known = await state.known?.catch(() => null);
    if (known && stampsOf(known.files) === known.stamps) return known;
    const reading = read(plain);
    state.known = reading.then(({ known }) => known);
    state.known.catch(() => {}); // whoever asks hears it below
    return (await reading).now;
  };
}

async function read(plain: Ask): Promise<{ now: Disarmed; known: Known | null }> {
  const files = await configFiles(plain);
  const stamps = stampsOf(files);
  const { bytes } = await plain(["config", "-z", "--name-only", "--get-regexp", READ], {
    ok: [0, 1, 128], // 128: no repository here, which the command itself will say
  });
  const keys = new TextDecoder().decode(bytes).split("\0").filter(Boolean);
  const off: Record<string, string> = {};
  for (const key of keys) Object.assign(off, offOf(key));
  const settled = files.length > 0 && !keys.some((key) => /^include(?:if\..*)?\.path$/s.test(key));
  const now = { off, plain: !keys.some((key) => WRITING.test(key)) };
  return { now, known: settled ? { ...now, files, stamps } : null };
}

const READ = "^(filter|merge|hook|include|includeif|core|extensions)\\.";
/** Who else may read what is written, when it has to be on the disk, and what newer versions write besides. */
const WRITING = /^(?:core\.(?:sharedrepository|fsync.*)|extensions\.(?!objectformat$|worktreeconfig$|partialclone$))/;

/** A name may be empty, and have anything in it. */
function offOf(key: string): Record<string, string> {
  const [, section = "", name = "", setting = ""] = /^(filter|merge|hook)\.(.*)\.([^.]+)$/s.exec(key) ?? [];
  if (section === "filter") {
    const parts = ["clean", "smudge", "process"].map((part) => [`filter.${name}.${part}`, ""]);
    return { ...Object.fromEntries(parts), [`filter.${name}.required`]: "false" };
  }
  if (section === "merge" && setting === "driver") return { [`merge.${name}.driver`]: "false" };
  return section === "hook" ? { [`hook.${name}.enabled`]: "false" } : {}; // newer versions have hooks in the configuration
}

async function configFiles(plain: Ask): Promise<string[]> {
  const asked = ["rev-parse", "--path-format=absolute", "--git-path", "config", "--git-path", "config.worktree"];
  const { exit, bytes } = await plain(asked, { ok: [0, 128] });
  const [first, second, ...more] = new TextDecoder().decode(bytes).replace(/\n$/, "").split("\n");
  // A name with a line end in it cannot be told apart: then nothing is remembered.
  return exit === 0 && first && second && more.length === 0 ? [first, second] : [];
}

const stampsOf = (files: readonly string[]): string =>
  files
    .map((file) => {
      const stat = statOf(file);
      return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : "none";
    })
    .join("\n");
