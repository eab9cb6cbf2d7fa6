import { compareBody, compareResponses } from "./bodies.ts";
import { type Calling, followed, openCalling } from "./calling.ts";
import { compareDeprecated } from "./content.ts";
import type { Comparing, Found } from "./finding.ts";
import { isStuck, settled } from "./follow.ts";
import { compareParameters } from "./parameters.ts";
import type { Kind } from "./rules.ts";
import { compareSecurity } from "./security.ts";
import { entries, type Spot, tableAt, under } from "./spot.ts";

/** Both documents. */
export type Both = { base: Spot; head: Spot };

const METHODS = "get put post delete options head patch trace".split(" ");

/** One path on both sides. `calls`: the interface calls there itself, as it does in callbacks and webhooks. */
type Path = { both: Both; base: [path: string, item: Spot]; head: [path: string, item: Spot]; calls: boolean };

export function comparePaths(comparing: Comparing, both: Both): void {
  const [before, after] = [pathsOf(both.base, "paths"), pathsOf(both.head, "paths")];
  const left = new Map(after);
  const match = (path: string): [string, Spot] | null => {
    const other = left.has(path)
      ? path
      : [...left.keys()].find((one) => !before.has(one) && shapeOf(one) === shapeOf(path));
    const item = other === undefined ? undefined : left.get(other);
    if (other === undefined || !item) return null;
    left.delete(other);
    return [other, item];
  };
  for (const [path, item] of before) {
    const head = match(path);
    if (head) comparePath(comparing, { both, base: [path, item], head, calls: false });
    else
      openCalling(comparing, path, false).say("path_removed", { flow: "request", words: "" }, "the path is gone", {
        base: item,
      });
  }
  for (const [path, item] of left)
    openCalling(comparing, path, false).say("path_added", { flow: "request", words: "" }, "the path is new", {
      head: item,
    });
}

/** Compares what the interface calls: webhooks of a document, or callbacks of an operation. */
export function compareWebhooks(comparing: Comparing, both: Both): void {
  compareCalls(comparing, both, [pathsOf(both.base, "webhooks"), pathsOf(both.head, "webhooks")], "webhook ");
}

function compareCalls(
  comparing: Comparing,
  both: Both,
  [before, after]: readonly [ReadonlyMap<string, Spot>, ReadonlyMap<string, Spot>],
  words: string,
): void {
  for (const [name, item] of before) {
    const other = after.get(name);
    const said = `${words}${name}`;
    if (other) comparePath(comparing, { both, base: [said, item], head: [said, other], calls: true });
    else
      openCalling(comparing, said, true).say("callback_removed", { flow: "request", words: "" }, "it is gone", {
        base: item,
      });
  }
  for (const [name, item] of after)
    if (!before.has(name))
      openCalling(comparing, `${words}${name}`, true).say(
        "callback_added",
        { flow: "request", words: "" },
        "it is new",
        { head: item },
      );
}

const pathsOf = (root: Spot, key: string): Map<string, Spot> =>
  new Map(entries(under(root, key)).filter(([path]) => !path.startsWith("x-")));

/** Paths are the same whatever the names of their parameters. */
const shapeOf = (path: string): string => path.replaceAll(/\{[^}]*\}/g, "{}");

function comparePath(comparing: Comparing, { both, base, head, calls }: Path): void {
  const [path] = base;
  const about = openCalling(comparing, path, calls);
  const ends = followed(about, base[1], head[1]);
  if (!ends) return;
  const [from, to] = ends;
  for (const method of METHODS) {
    const [was, is] = [under(from, method), under(to, method)];
    const words = calls ? `${path} ${method.toUpperCase()}` : `${method.toUpperCase()} ${path}`;
    const calling = openCalling(comparing, words, calls);
    if (was && !is)
      calling.say("operation_removed", { flow: "request", words: "" }, "the operation is gone", { base: was });
    else if (!was && is)
      calling.say("operation_added", { flow: "request", words: "" }, "the operation is new", { head: is });
    if (!was || !is) continue;
    compareParameters(calling, { path, item: from, operation: was }, { path: head[0], item: to, operation: is });
    compareOperation({ ...calling, comparing, both, words }, [from, was], [to, is]);
  }
  about.fields(from, to, [...METHODS, "parameters", "servers"], "");
}

type Operation = Calling & { comparing: Comparing; both: Both; words: string };
type Ends = readonly [item: Spot, operation: Spot];

function compareOperation(at: Operation, [from, base]: Ends, [to, head]: Ends): void {
  const { comparing, both, words, say } = at;
  const [was, is] = [tableAt(base), tableAt(head)];
  const id = [was.operationId, is.operationId].map((one) => (one === undefined ? "nothing" : String(one)));
  if (id[0] !== id[1])
    say("operation_id_changed", { flow: at.sent, words: "" }, `its operationId was ${id[0]} and is ${id[1]}`, {
      base,
      head,
    });
  compareDeprecated({ ...at, flow: at.sent, words: "" }, base, head);
  compareBody(at, under(base, "requestBody"), under(head, "requestBody"));
  compareResponses(at, under(base, "responses"), under(head, "responses"));
  compareSecurity(at, { base: both.base, head: both.head }, { base, head });
  compareServers(at, { base: [both.base, from, base], head: [both.head, to, head] });
  compareCalls(comparing, both, [callbacksOf(at, base), callbacksOf(at, head)], `${words} > callback `);
  at.fields(base, head, OPERATION, "");
}

const OPERATION = "operationId deprecated parameters requestBody responses security servers callbacks".split(" ");

function callbacksOf(at: Calling, operation: Spot): Map<string, Spot> {
  const found = new Map<string, Spot>();
  for (const [name, callback] of entries(under(operation, "callbacks"))) {
    const meant = settled(callback);
    if (isStuck(meant)) at.stuck(meant, callback);
    else for (const [url, item] of entries(meant)) if (!url.startsWith("x-")) found.set(`${name} ${url}`, item);
  }
  return found;
}

type Owners = { base: readonly Spot[]; head: readonly Spot[] };

/** Who is called: what stands nearest to the operation holds. */
function compareServers({ say, sent, comparing }: Operation, { base, head }: Owners): void {
  const urls = (owners: readonly Spot[]) => {
    const servers = owners.map((owner) => entries(under(owner, "servers"))).findLast((some) => some.length > 0);
    return new Map((servers ?? []).map(([, spot]) => [String(tableAt(spot).url), spot]));
  };
  const [before, after] = [urls(base), urls(head)];
  const isWhole = [base, head].every((owners) => owners.slice(1).every((owner) => under(owner, "servers") === null));
  const told = (kind: Kind, says: string, spots: { base?: Spot; head?: Spot }) => {
    const found: Found = { kind, flow: sent, where: SERVERS, says, base: null, head: null, pair: null };
    if (isWhole)
      comparing.found.push({ ...found, ...spots }); // of all operations it is told once
    else say(kind, { flow: sent, words: "" }, says, spots);
  };
  for (const [url, spot] of before)
    if (!after.has(url)) told("server_removed", `the server "${url}" is gone`, { base: spot });
  for (const [url, spot] of after)
    if (!before.has(url)) told("server_added", `the server "${url}" is new`, { head: spot });
}

/** Where it is said of all operations at once. */
const SERVERS = "servers";
