import type { Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

const TREE = `tree=$(sed -n 's/^Tree that would land: //p' $TMPDIR/task)`;
const BLOCKER = '[{"severity":"blocker","path":"src/a.txt","line":1,"message":"nobody asked for that"}]';

/** What a program says that votes so, as a line of its shell. */
export const votes = (vote: "approve" | "reject", findings = "[]"): string =>
  `echo '{"tree":"'$tree'","vote":"${vote}","summary":"looked","conditions":[],"findings":${findings}}'`;

/** A program that rejects until it has heard that its blocker is dismissed. */
const STUBBORN = `if grep -q "A person has dismissed" $TMPDIR/task; then ${votes("approve")}; else ${votes("reject", BLOCKER)}; fi`;

/** The tables of a seat whose agent is a program. */
export const seatOf = (name: string, script: string): string =>
  `[agents.${name}]\ncommand = ${JSON.stringify(["sh", "-c", `cat > $TMPDIR/task; ${TREE}; { ${script}; } > $DGOV_ANSWER`])}\n[review.seats.${name}]\nagent = "${name}"\nfamily = "${name}"\n`;

/** A plan of one task, whose work the seat `oak` rejects until a person dismisses its blocker `oak-1`. */
export function layReviewed(tables: string, claims = ""): Place {
  const work = [edit("src/a.txt", "alpha", "omega"), done];
  const files = `${claims}files.edit = ["src/a.txt"]`;
  const limits = "[limits]\nretries = 0\nsettlement_retries = 0\n";
  return layTasks(
    { a: { claims: files, attempts: [work, work] } },
    { tables: `${limits}${tables}${seatOf("oak", STUBBORN)}` },
  );
}
