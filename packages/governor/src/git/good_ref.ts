/** The ref that keeps the last good head of a run whose head is red. */
export const goodRef = (run: string) => `refs/dgov/good/${run}`;
