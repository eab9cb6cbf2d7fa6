/** Keeps, for as long as an owner lives, what was made of each key: where many ways lead to one question it is asked once. */
export function once<Owner extends object, T>(): (owner: Owner, key: string, make: () => T) => T {
  const known = new WeakMap<Owner, Map<string, T>>();
  return (owner, key, make) => {
    const kept = known.get(owner) ?? new Map<string, T>();
    known.set(owner, kept);
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key) as T;
  };
}
