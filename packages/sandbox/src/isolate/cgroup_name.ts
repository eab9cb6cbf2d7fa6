import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { unlessGone } from "../process_tree.ts";

/**
 * Whose a group is: the namespace of process numbers, a number in it, and when that process began (in the kernel's ticks),
 * since numbers come again. So what a killed process left can be told from what a living one holds.
 */
export type Owner = { space: string; pid: number; born: string };

/** null: there is no such process. */
export function ownerOf(pid: number): Owner | null {
  const stat = unlessGone(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const space = /\d+/.exec(unlessGone(() => readlinkSync("/proc/self/ns/pid")) ?? "")?.[0];
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const born = fields[18];
  if (space === undefined || born === undefined || state === "Z") return null;
  return { space, pid, born };
}

const NAME = /^dgov-(\d+)-(\d+)-(\d+)-(\d+)$/;

/** `number` tells the groups of one owner apart. */
export const groupName = ({ space, pid, born }: Owner, number: number): string =>
  `dgov-${space}-${pid}-${born}-${number}`;

export const isGroupName = (name: string): boolean => NAME.test(name);

/** Groups in a folder whose owner is gone. Those of another namespace of numbers are not ours to judge. */
export function leftOvers(folder: string, find: (pid: number) => Owner | null = ownerOf): string[] {
  const here = find(process.pid)?.space;
  return readdirSync(folder).filter((name) => {
    const [, space, pid, born] = NAME.exec(name) ?? [];
    return space !== undefined && space === here && find(Number(pid))?.born !== born;
  });
}
