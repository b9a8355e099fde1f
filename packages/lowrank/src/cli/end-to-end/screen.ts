// The contents of a terminal's screen, from the emulator in Visual Studio Code.

import xterm from "@xterm/headless";

/** A terminal's screen, with all that has moved up out of it. */
export interface Screen {
  /** Text as it reaches the terminal. */
  write(text: string): void;
  /** Every row down to the cursor's, without blanks at its end. */
  rows(): Promise<readonly string[]>;
}

/** `isRaw`: the program itself sends carriage returns, as behind a terminal driver. */
export function screen(columns: number, { isRaw = false } = {}): Screen {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows: 24,
    scrollback: 1000,
    convertEol: !isRaw,
    allowProposedApi: true,
  });
  return {
    write: (text) => terminal.write(text),
    rows: async () => {
      await new Promise<void>((resolve) => terminal.write("", resolve));
      const { active } = terminal.buffer;
      const last = active.baseY + active.cursorY;
      return Array.from({ length: last + 1 }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    },
  };
}
