import { BAD_CODE } from "./bad_code.ts";
import { type Drill, ownDrillHint } from "./drill.ts";

/** What must not be put together with what has landed meanwhile. */
export const MERGES: readonly Drill[] = [
  {
    gate: "integration",
    what: "a line that two changes made different",
    code: "text_conflict",
    make: () => [
      {
        base: { "dgov_drill.txt": "one\n" },
        head: { "dgov_drill.txt": "two\n" },
        work: { "dgov_drill.txt": "three\n" },
        harmless: null,
      },
    ],
  },
  ...BAD_CODE.flatMap(({ drift, extensions }): Drill[] => {
    if (drift === null) return [];
    const [extension = ""] = extensions;
    return [
      {
        gate: "semantic",
        what: `a call that no longer fits what has landed (${extension})`,
        code: null,
        make: ({ project }) =>
          extensions.some((one) => project.layout.source_extensions.includes(one))
            ? [{ base: drift.base, head: drift.left, work: drift.right, harmless: null }]
            : null,
      },
    ];
  }),
];

/** What no known change makes fail. */
export const OWN_ONLY = (gate: string): Drill => ({
  gate,
  what: "a known-bad change of the project's own",
  code: null,
  make: () => `only the project knows what it must refuse; ${ownDrillHint(gate)}`,
});
