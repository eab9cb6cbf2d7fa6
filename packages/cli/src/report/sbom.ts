import type { ReportedModel, RunReport } from "@dgov/governor/report";
import { sayCost } from "../cost_text.ts";

type Property = { name: string; value: string };
type Component = { type: string; "bom-ref": string; name: string } & Record<string, unknown>;

/**
 * What had a hand in a run's changes, in CycloneDX 1.6: the models, the programs that judged, the grammars of this program.
 * The subject is the change itself, with its commits as its pedigree. The same log gives the same text.
 *
 * @param tools versions of what made the report
 */
export function sbomOf(report: RunReport, tools: { dgov: string; bun: string }): object {
  const { account, ground, landed, tasks } = report;
  const subject = `change:${account.run}`;
  const components = [
    ...report.models.map((model) => modelOf(model, report)),
    ...checkersOf(report),
    ...grammarsOf(report),
  ];
  const commits = tasks.flatMap(({ commit, reported }) => (commit === null || reported ? [] : [commit]));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(ground.root)}`,
    version: 1,
    metadata: {
      timestamp: account.ended_at ?? account.began_at,
      tools: {
        components: [
          { type: "application", "bom-ref": "tool:dgov", name: "dgov", version: tools.dgov },
          { type: "platform", "bom-ref": "tool:bun", name: "bun", version: tools.bun },
        ],
      },
      component: {
        type: "application",
        "bom-ref": subject,
        name: account.plan,
        version: commits.at(-1) ?? account.base,
        description: `What the run ${account.run} put on ${account.target}`,
        ...(commits.length === 0
          ? {}
          : { pedigree: { commits: commits.map((uid) => ({ uid, message: landed[uid]?.message ?? "" })) } }),
      },
      properties: aboutRun(report),
    },
    components,
    dependencies: [{ ref: subject, dependsOn: components.map((one) => one["bom-ref"]) }],
  };
}

function aboutRun({ account, ground, sound }: RunReport): Property[] {
  return [
    property("run", account.run),
    property("status", account.status),
    property("plan_hash", account.hashes.plan),
    property("config_hash", account.hashes.config),
    ...account.jails.map(({ level }) => property("sandbox", level)),
    ...account.grammars.map((digest) => property("grammars", digest)),
    property("log_events", `${ground.events}`),
    property("log_root", ground.root),
    property("sound", `${sound}`),
    ...(ground.signed?.signed_by ?? []).map((key) => property("signed_by", key)),
  ];
}

const property = (name: string, value: string): Property => ({ name: `dgov:${name}`, value });

function modelOf({ model, roles, attempts, votes, cost }: ReportedModel, { cost: { currency } }: RunReport): Component {
  const at = model.indexOf("/");
  const [provider, name] = at < 0 ? ["", model] : [model.slice(0, at), model.slice(at + 1)];
  return {
    type: "machine-learning-model",
    "bom-ref": `model:${model}`,
    ...(provider === "" ? {} : { supplier: { name: provider } }),
    name,
    properties: [
      ...roles.map((role) => property("role", role)),
      property("attempts", `${attempts}`),
      property("votes", `${votes}`),
      ...(cost === null
        ? []
        : [
            property("calls", `${cost.calls}`),
            property("input_tokens", `${cost.input_tokens}`),
            property("output_tokens", `${cost.output_tokens}`),
            property("cost", sayCost(cost, currency)),
          ]),
    ],
  };
}

/** Commands of the project that judged what landed. Their versions nobody recorded, so none is said. */
function checkersOf({ tasks }: RunReport): Component[] {
  const ran = tasks.flatMap(({ gates }) => gates.filter(({ command }) => command !== null));
  const groups = Map.groupBy(ran, ({ gate, command }) => JSON.stringify([gate, command]));
  return [...groups.values()].map((same, at) => {
    const [{ gate, command }] = same as [(typeof ran)[number]];
    const count = (verdict: string) => `${same.filter((one) => one.verdict === verdict).length}`;
    return {
      type: "application",
      "bom-ref": `checker:${at + 1}:${gate}`,
      name: gate,
      properties: [
        property("command", command ?? ""),
        ...(["pass", "reject", "broken"] as const).map((verdict) => property(verdict, count(verdict))),
        ...[...new Set(same.flatMap(({ level }) => level ?? []))].map((level) => property("sandbox", level)),
      ],
    };
  });
}

const grammarsOf = ({ grammars }: RunReport): Component[] =>
  grammars.map(({ name, package: from, version, sha256 }) => ({
    type: "library",
    "bom-ref": `grammar:${name}`,
    name: from,
    version,
    purl: `pkg:npm/${from.replace(/^@/, "%40")}@${version}`,
    hashes: [{ alg: "SHA-256", content: sha256 }],
    properties: [property("grammar", name)],
  }));

/** A UUID (version 8, RFC 9562: of one's own making) of a hash: who asks twice gets the same document. */
function uuidOf(sha256: string): string {
  const own = `${sha256.slice(0, 12)}8${sha256.slice(13, 16)}a${sha256.slice(17, 32)}`;
  return [own.slice(0, 8), own.slice(8, 12), own.slice(12, 16), own.slice(16, 20), own.slice(20)].join("-");
}
