/** A terminal as a whole screen: keys in, frames out. `end` gives it back as it was; more than once is once. */
export type Screen = {
  draw(lines: readonly string[]): void;
  size(): { columns: number; rows: number };
  keys(heard: (key: string) => void): void;
  resized(heard: () => void): void;
  end(): void;
};

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** Takes the terminal over. Only where stdin and stderr are one. */
export function openScreen(): Screen {
  const { stdin, stderr } = process;
  const state = { open: true, last: "" };
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding("utf8");
  stderr.write(ENTER);
  const end = () => {
    if (!state.open) return;
    state.open = false;
    stderr.write(LEAVE);
    stdin.setRawMode(false);
    stdin.pause();
    stdin.removeAllListeners("data");
    stderr.removeAllListeners("resize");
  };
  process.once("exit", end); // whatever ends us, the terminal is the person's again
  return {
    draw(lines) {
      const frame = `\x1b[H${lines.map((line) => `${line}\x1b[0K`).join("\r\n")}\x1b[0J`;
      if (!state.open || frame === state.last) return;
      state.last = frame;
      stderr.write(frame);
    },
    size: () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 }),
    keys: (heard) => void stdin.on("data", (text) => keysIn(String(text)).map(heard)),
    resized(heard) {
      stderr.on("resize", () => {
        state.last = "";
        heard();
      });
    },
    end,
  };
}

const KEYS = new RegExp(`${"\x1b"}\\[[0-9;]*[A-Za-z~]|[\\s\\S]`, "gu");

/** What was typed, key by key: several come at once when somebody types fast or pastes. */
export const keysIn = (text: string): string[] => text.match(KEYS) ?? [];
