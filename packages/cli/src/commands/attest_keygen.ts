import { resolve } from "node:path";
import { makeKey } from "@dgov/governor/attest";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const attestKeygen = defineCommand({
  name: "attest keygen",
  summary: "Make a pair of keys to sign runs with",
  details:
    "Ed25519. FILE is for whoever signs, and readable by its owner alone: keep it outside of every repository. FILE.pub is for those who check. No file is written over.",
  examples: ["dgov attest keygen ../deploy.key"],
  args: z.strictObject({ file: z.string().describe("Where the private key goes") }),
  flags: z.strictObject({}),
  run: async ({ file }, here) => makeKey(resolve(here.cwd, file)),
  text: ({ path, public_path, id }) =>
    `Wrote ${plain(path)} (keep it to yourself) and ${plain(public_path)} (give it away)\nThe key is ${id}`,
});
