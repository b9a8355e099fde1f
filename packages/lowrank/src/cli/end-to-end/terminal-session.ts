// The program in a terminal of its own, which util-linux's `script` makes, before an emulator and a keyboard.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { lowrankProgram } from "@lowrank/testing/node-arguments";
import { screen } from "./screen.ts";

const { npm_lifecycle_event: _, ...inherited } = process.env;
const env = { ...inherited, LOWRANK_ENGINE: "cpu", NO_COLOR: "1", TERM: "xterm-256color" };

/** Whether this machine can make terminals; Windows and macOS have no such `script`. */
export const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

/** Keys that a person has. */
export const keys = { enter: "\r", up: "\u001b[A", controlC: "\u0003", controlD: "\u0004" } as const;

/** A person before a terminal. */
export interface TerminalSession {
  press(text: string): void;
  rows(): Promise<readonly string[]>;
  /** Resolves to the screen's rows when they match; throws with the rows if they do not in time. */
  sees(what: RegExp): Promise<readonly string[]>;
  /** Resolves to the program's exit code. */
  ended(): Promise<number | null>;
}

/** Starts `lowrank` with these arguments. */
export function startInTerminal(argv: readonly string[], columns: number): TerminalSession {
  const typed = [process.execPath, ...lowrankProgram, ...argv]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(" ");
  const command = `stty cols ${columns} rows 24; exec ${typed}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], { env });
  const { write, rows } = screen(columns, { isRaw: true });
  child.stdout.setEncoding("utf8").on("data", write);
  const end = once(child, "close");
  return {
    press: (text) => child.stdin.write(text),
    rows,
    sees: async (what) => {
      for (let waited = 0; waited < 300; waited++) {
        const shown = await rows();
        if (what.test(shown.join("\n"))) return shown;
        await wait(100);
      }
      throw new Error(`The terminal does not show ${what}:\n${(await rows()).join("\n")}`);
    },
    ended: async () => (await end)[0] as number | null, // what "close" of a child process brings
  };
}
