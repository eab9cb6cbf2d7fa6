import type { Event, EventKind, EventOf, TaskId } from "@dgov/kernel";
import type { Session } from "./session.ts";

/** The events of a run, as it reads its own. */
export type Events = Pick<Session, "read">;

/** The same of a run that is another process's, or over. */
export const eventsOver = (all: readonly Event[]): Events => ({
  read: <Kind extends EventKind>(kinds: Kind | readonly Kind[], task: TaskId | null) =>
    all.filter(
      (event): event is EventOf<Kind> =>
        [kinds].flat().some((kind) => kind === event.kind) &&
        (task === null || ("task" in event && event.task === task)),
    ),
});
