/** Tells whoever waits that something has happened. Nobody hears what was rung before they asked. */
export type Bell = { ring(): void; next(): Promise<void> };

export function newBell(): Bell {
  let waiting = Promise.withResolvers<void>();
  return {
    ring() {
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
    next: () => waiting.promise,
  };
}
