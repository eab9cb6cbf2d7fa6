import { type Git, items } from "./git.ts";

/** The trailer of a landed commit that names the log's last event when the commit was made: `SEQ:HASH`. */
export const ANCHOR = "Dgov-Log";

/** A commit that says which event was in the log of its run's repository. */
export type Anchor = { commit: string; run: string; seq: number; hash: string };

const FIELD = "\u001f";

/** What the commits of all branches say of logs, whoever made them: a clone has those of other logs, too. */
export async function anchorsIn(git: Git): Promise<Anchor[]> {
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const format = ["%H", trailer("Dgov-Run"), trailer(ANCHOR)].join("%x1f");
  const asked = ["log", "--all", "-z", `--grep=^${ANCHOR}: `, `--format=${format}`];
  return items((await git.ask(asked)).bytes).flatMap((line): Anchor[] => {
    const [commit = "", run = "", anchor = ""] = line.split(FIELD).map((field) => field.trim());
    const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(anchor) ?? [];
    return run === "" || seq === undefined || hash === undefined ? [] : [{ commit, run, seq: Number(seq), hash }];
  });
}
