import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

const ROOT = resolve(import.meta.dir, "..");
const Metafile = z.object({ inputs: z.record(z.string(), z.unknown()) });
const Package = z.object({ name: z.string(), version: z.string(), license: z.string() });
const Manifest = z.object({ grammars: z.record(z.string(), z.object({ package: z.string().nullable() })) });

/**
 * What an executable of this version is made of, in CycloneDX 1.6: each package of which the bundle has a module, the grammars, and Bun.
 * It is read from the bundle itself, so what is only tested with is not in it. The same sources give the same text.
 *
 * @throws Error of a package that does not say its licence
 */
export function billOf(version: string): object {
  const folders = new Set([...bundled().flatMap(packageOf), ...grammarPackages()]);
  const packages = [...folders].map((folder) =>
    Package.parse(JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"))),
  );
  const components = [...packages.map(componentOf), runtime()].sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
  const subject = `pkg:npm/dgov@${version}`;
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": subject,
        name: "dgov",
        version,
        purl: subject,
        licenses: licence("MIT"),
      },
    },
    components,
    dependencies: [{ ref: subject, dependsOn: components.map((one) => one["bom-ref"]) }],
  };
}

/** The modules of the bundle, by their paths under the root. */
function bundled(): string[] {
  const folder = mkdtempSync(join(tmpdir(), "dgov-bill-"));
  try {
    const told = join(folder, "modules.json");
    const argv = ["build", "--target=bun", "--splitting", `--metafile=${told}`, `--outdir=${folder}`];
    const entry = join(ROOT, "packages/cli/src/main.ts");
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...argv, entry], { cwd: ROOT, stdin: "ignore" });
    if (exitCode !== 0)
      throw new Error(`Cannot tell what is in the bundle: the build ended with ${exitCode}: ${stderr}`);
    return Object.keys(Metafile.parse(JSON.parse(readFileSync(told, "utf8"))).inputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder of the package that a module is of; none for our own. */
function packageOf(module: string): string[] {
  const found = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module);
  return found ? [found[0]] : [];
}

/** Grammars are files of the executable, and no modules. */
function grammarPackages(): string[] {
  const { grammars } = Manifest.parse(JSON.parse(readFileSync(join(ROOT, "grammars/manifest.json"), "utf8")));
  const names = Object.values(grammars).flatMap((one) => (one.package === null ? [] : [one.package]));
  return names.map((name) => folderOf(name));
}

/** As the bundle has it: the place behind the link, so that one package is one. */
function folderOf(name: string): string {
  const real = dirname(Bun.resolveSync(`${name}/package.json`, ROOT));
  return real.slice(ROOT.length + 1);
}

function componentOf({ name, version, license }: z.infer<typeof Package>) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return { type: "library", "bom-ref": purl, name, version, purl, licenses: licence(license) };
}

const licence = (id: string) => [id.includes(" ") ? { expression: id } : { license: { id } }];

function runtime(): ReturnType<typeof componentOf> {
  const { name, version, license } = { name: "bun", version: Bun.version, license: "MIT" };
  return { ...componentOf({ name, version, license }), type: "platform" };
}
