import { z } from "zod";
import { defineCommand } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { bashCompletion } from "../completions/bash.ts";
import { fishCompletion } from "../completions/fish.ts";
import { powershellCompletion } from "../completions/powershell.ts";
import { offersOf } from "../completions/words.ts";
import { zshCompletion } from "../completions/zsh.ts";

const SHELLS = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
} as const;

export const completions = defineCommand({
  name: "completions",
  summary: "Print what makes a shell complete commands, options and names of plans",
  details:
    "Where it goes:\n" +
    "  bash        ~/.local/share/bash-completion/completions/dgov\n" +
    "  zsh         a file _dgov in a folder of $fpath\n" +
    "  fish        ~/.config/fish/completions/dgov.fish\n" +
    "  powershell  $PROFILE, as: dgov completions powershell | Out-String | Invoke-Expression\n" +
    "It holds all commands of this version: print it again after an update. Completing starts no process of dgov.",
  examples: ["dgov completions bash", "dgov completions zsh"],
  args: z.strictObject({ shell: z.enum(["bash", "zsh", "fish", "powershell"]).describe("Your shell") }),
  flags: z.strictObject({}),
  async run({ shell }) {
    const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
    return { shell, script: SHELLS[shell](offersOf(commands)) };
  },
  text: ({ script }) => script,
});
