/** Whether a dotted name is in a list: as a whole, or by its last part. */
export function isNamed(name: string, list: readonly string[]): boolean {
  return list.includes(name) || list.includes(name.slice(name.lastIndexOf(".") + 1));
}
