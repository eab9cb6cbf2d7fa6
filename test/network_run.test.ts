import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, eventsOf, type Place } from "./repo.ts";
import { bash, done, edit, layTasks } from "./scripted.ts";

// A worker, the setup and the gates each have a list of hosts of their own, and each list is kept in a whole run.

setDefaultTimeout(180_000);

/** The internet: three ports in a process of its own, since a run is waited for without a turn of ours. */
const SERVER = `const ports = [0, 0, 0].map(() => Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("here") }).port);
console.log(ports.join(" "));`;
const outside = {} as { server: Bun.Subprocess<"ignore", "pipe", "inherit">; ports: string[] };
beforeAll(async () => {
  outside.server = Bun.spawn([process.execPath, "-e", SERVER], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of outside.server.stdout) {
    outside.ports = new TextDecoder().decode(line).trim().split(" ");
    break;
  }
});
afterAll(() => outside.server.kill());

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const get = (port: string | undefined) => `curl -sSf --max-time 30 http://127.0.0.1:${port}/`;

function lay(project: Record<string, string>): Place {
  const [worker, gate, setup] = outside.ports;
  const lists = Object.entries({ hosts: worker, gate_hosts: gate, setup_network: setup });
  const tables = `[sandbox]\n${lists.map(([key, port]) => `${key} = ["127.0.0.1:${port}"]`).join("\n")}\n`;
  const calls = [bash(`${get(worker)}; ${get(gate)}`), edit("src/a.txt", "alpha", "beta"), done];
  const place = layTasks({ one: { attempts: [calls, calls] } }, { project, tables });
  open.push(place);
  return place;
}

test("each reaches its own hosts and nobody else's", () => {
  const [worker, gate, setup] = outside.ports;
  const place = lay({
    setup_cmd: `${get(setup)} && ! ${get(worker)}`,
    test_cmd: `${get(gate)} && ! ${get(setup)}`,
  });
  const ran = dgov(place, "run", "p");
  expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 });
  const call = eventsOf(place).find((event) => event.kind === "tool_called" && event.tool === "run_bash");
  const text = call?.kind === "tool_called" ? call.text : "";
  expect(text).toContain(`CONFINED: port ${gate} of 127.0.0.1 is not open to this task`);
  expect(text).toContain("here");
});

test("a gate that fails for want of a host says which", () => {
  const place = lay({ test_cmd: get(outside.ports[2]) });
  expect(dgov(place, "run", "p").status).not.toBe(0);
  const findings = eventsOf(place).flatMap((event) => (event.kind === "gate_judged" ? event.findings : []));
  expect(findings).toContainEqual({
    code: "host_refused",
    message: expect.stringContaining(`CONFINED: port ${outside.ports[2]} of 127.0.0.1 is not open`),
  });
});
