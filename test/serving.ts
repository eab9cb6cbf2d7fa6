import { startDgov } from "./repo.ts";
import { bash, done, edit, hanging, layTasks } from "./scripted.ts";

/** What a model may say that would do something in a page that believes it. */
export const HOSTILE = `</pre></style></details><script>document.title="taken"</script><img src=x onerror='document.title="taken"'>`;

/** A plan of which one task waits for a person, one hangs, one has landed and one waits for the one that hangs. */
export function layServed(mark: string) {
  const says = { tool: "done", args: { summary: HOSTILE } };
  return layTasks({
    a: {
      claims: 'approval = true\nfiles.edit = ["src/a.txt"]',
      attempts: [[edit("src/a.txt", "alpha", `omega ${HOSTILE}`), says]],
    },
    b: { claims: 'files.edit = ["src/b.txt"]', attempts: [[edit("src/b.txt", "beta", "gamma"), done]] },
    c: { claims: 'files.create = ["src/c.txt"]\ndepends_on = ["b"]', attempts: [[bash(hanging(mark)), done]] },
    d: { claims: 'files.create = ["src/d.txt"]\ndepends_on = ["c"]', attempts: [[done]] },
  });
}

/** Starts `dgov serve` on a free port, and waits until it says where. It ends with `stop`. */
export async function startServing(place: Parameters<typeof startDgov>[0], ...args: string[]) {
  const process = startDgov(place, "serve", "--port", "0", "--idle", "120", "--json", ...args);
  const reader = process.stdout.getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done: isOver } = await reader.read();
    if (isOver) throw new Error(`dgov serve ended: ${said}${await new Response(process.stderr).text()}`);
    said += new TextDecoder().decode(value);
  }
  const { url, port, token } = JSON.parse(said) as { url: string; port: number; token: string };
  return {
    ...{ url, port, token, base: `http://127.0.0.1:${port}` },
    async stop() {
      process.kill("SIGINT");
      return process.exited;
    },
  };
}
