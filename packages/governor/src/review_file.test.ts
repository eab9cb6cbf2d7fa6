import { describe, expect, test } from "bun:test";
import { parseProject } from "./config.ts";

const ELM = '[review.seats.elm]\nprovider = "near"\nagent = "elm-large"\nfamily = "Elm"\n';
const OAK = '[review.seats.oak]\nprovider = "far"\nagent = "strong"\nfamily = "oak"\nlook_for = " leaks "\n';
const PROVIDERS =
  '[providers.near]\nbase_url = "u"\napi_key_env = "K"\n[providers.far]\nbase_url = "u"\napi_key_env = "K"\n';
const AGENTS = '[agents]\nstrong = "hub/oak-9"\n';

const read = (text: string) => parseProject("/r", new TextEncoder().encode(`${PROVIDERS}${AGENTS}${text}`));
const review = (text: string) => read(text).project?.rules.review;
/** The codes of what is wrong, with the words at the line that they name. */
const faults = (text: string) =>
  read(text).places.map(
    ({ code, line }) => `${code} at ${`${PROVIDERS}${AGENTS}${text}`.split("\n")[(line ?? 1) - 1] ?? ""}`,
  );

describe("[review]", () => {
  test("seats stand in the order of the file, aliases are resolved, and all must approve where nothing is said", () => {
    expect(review(`${OAK}${ELM}`)).toEqual({
      approvals: 2,
      turns: 30,
      time_ms: 600_000,
      seats: [
        { name: "oak", provider: "far", agent: "hub/oak-9", family: "oak", look_for: "leaks" },
        { name: "elm", provider: "near", agent: "elm-large", family: "Elm", look_for: "" },
      ],
    });
    expect(review(`[review]\napprovals = 1\nturns = 9\ntimeout_s = 60\n${ELM}`)).toMatchObject({
      ...{ approvals: 1, turns: 9, time_ms: 60_000 },
    });
  });

  test("E7 E15 what a ballot must hold more is asked for by its key, and not without", () => {
    expect(review(`[review]\neach_claim = true\nmust_look = true\n${ELM}`)).toMatchObject({
      each_claim: true,
      must_look: true,
    });
    expect(review(ELM)).not.toContainAnyKeys(["each_claim", "must_look"]);
  });

  test("E17 rounds need two who count, and all of them to agree", () => {
    expect(review(`[review]\nrounds = 3\n${ELM}${OAK}`)).toMatchObject({ rounds: 3, approvals: 2 });
    expect(review(ELM)).not.toHaveProperty("rounds");
    expect(faults(`[review]\nrounds = 2\n${ELM}`)).toEqual(["review_rounds at rounds = 2"]);
    expect(faults(`[review]\nrounds = 2\n${ELM}${OAK}advises = true\n`)).toEqual(["review_rounds at rounds = 2"]);
    expect(faults(`[review]\nrounds = 2\napprovals = 1\n${ELM}${OAK}`)).toEqual(["review_rounds at approvals = 1"]);
    expect(faults(`[review]\nrounds = 2\napprovals = 2\n${ELM}${OAK}`)).toEqual([]);
  });

  test("C23 a program sits without a provider, and where it is asked to be seen only by the protocol", () => {
    const sits = (more = "") =>
      `[review.seats.cli]\nagent = "mine"\nfamily = "x"\n${more}[agents.mine]\ncommand = ["m"]\n`;
    const own = (text: string) => parseProject("/r", new TextEncoder().encode(`${PROVIDERS}${text}`));
    const codes = (text: string) => own(text).places.map(({ code }) => code);
    expect(own(sits()).project?.rules.review?.seats).toMatchObject([{ provider: "program", agent: "mine" }]);
    expect(codes(sits('provider = "near"\n'))).toEqual(["provider_unwanted"]);
    expect(codes(`[review]\nmust_look = true\n${sits()}`)).toEqual(["review_unseen"]);
    expect(codes(`[review]\nmust_look = true\n${sits()}protocol = "acp"\n`)).toEqual([]);
    expect(faults(ELM.replace('provider = "near"\n', ""))).toEqual(['provider_unknown at agent = "elm-large"']);
  });

  test("without seats nobody is asked", () => {
    expect([review(""), review("[review]\nturns = 3")]).toEqual([null, null]);
  });

  test("E5 two seats of one family are refused at the line that says so, and of two they are not", () => {
    const kin = ELM.replace("seats.elm", "seats.other").replace("elm-large", "elm-small").replace('"Elm"', '"elm"');
    expect(faults(`${ELM}${kin}`)).toEqual(['review_kin at family = "elm"']);
    expect(faults(`${ELM}${OAK}`)).toEqual([]);
  });

  test("E5 one model under two families is one model, whoever sells it", () => {
    const twin = OAK.replace('"strong"', '"reseller/Elm-Large"');
    expect(faults(`${ELM}${twin}`)).toEqual(['review_kin at agent = "reseller/Elm-Large"']);
  });

  test("E13 one model may not look through two lenses, and two models may", () => {
    const lens = (name: string, agent: string) =>
      `[review.seats.${name}]\nprovider = "near"\nagent = "${agent}"\nfamily = "${name}"\nlook_for = "${name}"\n`;
    expect(faults(`${lens("security", "elm-large")}${lens("correctness", "elm-large")}`)).toEqual([
      'review_kin at agent = "elm-large"',
    ]);
    expect(faults(`${lens("security", "elm-large")}${lens("correctness", "oak-9")}`)).toEqual([]);
  });

  test.each<[string, boolean]>([
    ["Decide from the diff; do not use any tools", true],
    ["Never call tools: the change says it all", true],
    ["Judge without tools", true],
    ["No tools are needed", true],
    ["Callers of the tools in src/tools that do not run", false],
    ["What breaks when a tool is not there", false],
    ["Use your tools; do not trust the summary", false],
  ])("E15 a seat keeps its tools: %j", (look_for, flagged) => {
    const seat = ELM.replace("family", `look_for = ${JSON.stringify(look_for)}\nfamily`);
    expect(faults(seat).map((fault) => fault.split(" ")[0] ?? "")).toEqual(flagged ? ["review_tools_forbidden"] : []);
  });

  test("E1 E6 when a review is due, and where somebody apart must approve, as the file says; what would never act is refused", () => {
    const keys =
      '[review]\nover_files = 3\nareas = ["src/auth/"]\napart = ["src/auth/"]\n[review.families]\n"p/m" = "elm"\n';
    expect(review(`${keys}${ELM}`)).toMatchObject({
      due: { over_files: 3, areas: ["src/auth/"] },
      apart: { files: ["src/auth/"], families: { "p/m": "elm" } },
    });
    expect(faults(`[review]\nareas = ["a"]\n${ELM}`)).toEqual(['review_unasked at areas = ["a"]']);
    expect(faults('[review]\napart = ["a"]\n')).toEqual(['review_unasked at apart = ["a"]']);
    expect(faults(`[review.families]\n"p/m" = "elm"\n${ELM}`)[0]).toStartWith("review_unasked");
    expect(faults(ELM.replace("seats.elm", "seats.self"))[0]).toStartWith("name_taken");
  });

  test("E12 who only advises is no approval: of one who counts and one who does not, one must approve", () => {
    expect(review(`${OAK}advises = true\n${ELM}`)).toMatchObject({ approvals: 1, seats: [{ advises: true }, {}] });
    expect(faults(`[review]\napprovals = 2\n${OAK}advises = true\n${ELM}`)).toEqual(["review_short at approvals = 2"]);
  });

  test("more approvals than seats, and a provider that is not there", () => {
    expect(faults(`[review]\napprovals = 2\n${ELM}`)).toEqual(["review_short at approvals = 2"]);
    expect(faults("[review]\napprovals = 1")).toEqual(["review_short at approvals = 1"]);
    expect(faults(ELM.replace('"near"', '"nere"'))).toEqual(['provider_unknown at provider = "nere"']);
    expect(faults(ELM.replace('"near"', '"scripted"'))).toEqual([]);
  });

  test("a seat says who made its model", () => {
    expect(faults(ELM.replace('family = "Elm"\n', ""))).toHaveLength(1);
    expect(faults(ELM.replace('"Elm"', '" "'))).toHaveLength(1);
  });
});
