import { dirname, join } from "node:path";
import { importsOf, type Source } from "./source.ts";

/** Who may import whom: four leaves that know nothing of each other, one hub, one face. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  sandbox: [],
  semantic: [],
  worker: [],
  governor: ["kernel", "sandbox", "semantic", "worker"],
  cli: ["governor"],
};

/** Inside the governor: which of its folders (or files) a folder may import. `error.ts` is everybody's. */
const FOLDERS: Readonly<Record<string, { may: RegExp; why: string }>> = {
  plan: {
    may: /^plan\/|^(?!(?:run|loop|session|site|status|log)\.ts)[^/]+$/,
    why: "a plan is read and compiled without a repository's state",
  },
  git: { may: /^git\/|^process\.ts$/, why: "git knows nothing of plans and runs" },
  settlement: {
    may: /^(settlement|semantic|structure|git|plan)\/|^(?!run\.ts|loop\.ts)[^/]+$/,
    why: "a judge does not know the worker",
  },
  semantic: {
    may: /^(semantic|git)\/|^(process|site|session|root)\.ts$/,
    why: "symbols are worked out of trees, whoever asks",
  },
  structure: {
    may: /^(structure|semantic|git|preflight)\/|^(?!run\.ts|loop\.ts)[^/]+$/,
    why: "the structure of a tree is worked out of trees, whoever asks",
  },
  dispatch: { may: /^(dispatch|git|plan)\/|^(?!run\.ts|loop\.ts)[^/]+$/, why: "a worker does not know its judges" },
  review: {
    may: /^(review|dispatch|settlement|git|plan)\/|^(?!run\.ts|loop\.ts)[^/]+$/,
    why: "a reviewer works as a worker does and judges as a gate does; only who performs knows it",
  },
  view: { may: /^view\/|^counted\.ts$/, why: "a view is a fold of the log" },
};

/** Where each dangerous word may stand, and why nowhere else. Paths are below `packages/`. */
// biome-ignore format: a table reads by its columns
const ONLY_IN: readonly [word: RegExp, home: RegExp, why: string][] = [
  [/Bun\.spawn|child_process/, /^(governor\/src\/process\.ts|sandbox\/src\/(host|serve|process_tree|script\/child|isolate\/.*)\.ts)$/, "one place starts processes, on either side of the jail"],
  [/["']node:fs|["']fs["']|Bun\.file|Bun\.write/, /^(governor|sandbox|cli|semantic\/src\/grammar)/, "kernel, semantic and worker have no hands"],
  [/["']bun:sqlite["']/, /^(kernel\/src\/(log|ledger)|governor\/src\/(semantic\/blob_cache|jobs\/queue))\.ts$/, "one file knows how the log is kept, one how the ledger is, one the queue, and one what may be lost"],
  [/["']bun:ffi["']/, /^sandbox\/src\//, "one package talks to the operating system"],
  [/(?<![\w.])fetch\(|globalThis\.fetch|from ["']openai/, /^(worker\/src\/openai\w*|governor\/src\/post)\.ts$/, "one door to the network for models, one for what a person wants told"],
  [/Bun\.(serve|listen)\b/, /^cli\/src\/serve\/server\.ts$/, "one place lets others in, and asks who they are"],
  [/Date\.now|new Date\(\)|performance\.now|Math\.random|randomUUID/, /^cli\/src\/main\.ts$/, "time and chance come in as arguments"],
  [/(?<![\w.])console\.|process\.(exit\(|stdout|stdin)/, /^(cli\/|sandbox\/src\/(serve\.ts$|isolate\/))/, "libraries do not talk to the user"],
  [/\[\s*["']git["']/, /^(governor\/src\/git\/git|sandbox\/src\/serve)\.ts$/, "one place starts git, with its environment pinned"],
  [/process\.env|Bun\.env/, /^(cli\/src\/main\.ts$|governor\/src\/git\/git\.ts$|sandbox\/src\/isolate\/)/, "the environment comes in as an argument"],
  [/process\.cwd\(\)/, /^(cli\/src\/main\.ts$|sandbox\/src\/isolate\/)/, "a path comes in as an argument"],
];

/** What is wrong with where a file stands and what it reaches for: one sentence each, with the reason. */
export function layoutFaults(source: Source): string[] {
  const [, pkg, inside] = /^packages\/(\w+)\/(src\/.*)$/.exec(source.path) ?? [];
  if (pkg === undefined || inside === undefined || /\.test\.ts$|\/testing\//.test(source.path)) return [];
  return [
    ...packageFaults(source, pkg),
    ...folderFaults(source, pkg, inside),
    ...wordFaults(source, `${pkg}/${inside}`),
  ];
}

function packageFaults(source: Source, pkg: string): string[] {
  const allowed = MAY_IMPORT[pkg];
  if (!allowed) return [`${source.path}: no package "${pkg}" is planned: see docs/decisions/0001-packages.md`];
  return importsOf(source).flatMap(({ from }) => {
    const other = /^@dgov\/(\w+)/.exec(from)?.[1];
    if (other !== undefined && !allowed.includes(other))
      return [
        `${source.path}: ${pkg} may not import @dgov/${other} (it may: ${allowed.join(", ") || "nothing of ours"})`,
      ];
    if (/^@dgov\/\w+\/(?!demo\/).*\//.test(from))
      return [`${source.path}: "${from}" is the inside of ${other}: only files at its root are faces`];
    if (from.startsWith(".") && !join(dirname(source.path), from).startsWith(`packages/${pkg}/`))
      return [`${source.path}: reaches into another package by the path "${from}"`];
    return [];
  });
}

function folderFaults(source: Source, pkg: string, inside: string): string[] {
  const folder = /^src\/(\w+)\//.exec(inside)?.[1];
  const rule = folder === undefined ? undefined : FOLDERS[folder];
  if (pkg !== "governor" || !rule) return [];
  return importsOf(source).flatMap(({ from }) => {
    if (folder === "view" && /^@dgov\/(?!kernel)/.test(from))
      return [`${source.path}: view/ may import only kernel (${rule.why})`];
    if (!from.startsWith(".")) return [];
    const target = join(dirname(inside), from).replace(/^src\//, "");
    if (target === "error.ts" || rule.may.test(target)) return [];
    return [`${source.path}: ${folder}/ may not import "${target}" (${rule.why})`];
  });
}

function wordFaults(source: Source, path: string): string[] {
  return ONLY_IN.flatMap(([word, home, why]) => {
    const found = word.exec(source.code);
    return found && !home.test(path) ? [`${source.path}: "${found[0]}" may not stand here (${why})`] : [];
  });
}

/** Circles of imports, as the files on the way round. Types may go in circles: they are gone when the program runs. */
export function importCircles(sources: readonly Source[]): string[] {
  const edges = new Map<string, string[]>();
  for (const source of sources)
    edges.set(
      source.path,
      importsOf(source).flatMap(({ from, typeOnly }) =>
        from.startsWith(".") && !typeOnly ? [join(dirname(source.path), from)] : [],
      ),
    );
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
    if (way.includes(path) || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return circles;
}
