// The two audiences of a command: people read text, programs read JSON lines.

import { escapeControls } from "@lowrank/contracts/internal";
import pc from "picocolors";
import type { Notices } from "../../notices.ts";
import type { CommandIo } from "../io.ts";
import { asFlags } from "./as-flags.ts";
import { startCount } from "./count.ts";
import { LastLine } from "./last-line.ts";

export interface Report extends Notices {
  readonly io: CommandIo;
  readonly isJson: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  /** The line below everything that the report prints. */
  readonly lastLine: LastLine;
  /** A line for people: on stdout, or on stderr when --json claims stdout. */
  print(line?: string): void;
  /** Text for people without a line break, for tokens as they come. */
  write(text: string): void;
  /** A line for people that is not the command's result: always on stderr. */
  note(line: string): void;
  /** One JSON line for programs; nothing without --json. */
  emit(event: object): void;
}

export function createReport(io: CommandIo, options: { readonly json?: boolean | undefined }): Report {
  const isJson = options.json === true;
  const colors = pc.createColors(io.hasColors);
  const lastLine = new LastLine(io);
  const above = (write: (text: string) => void) => (text: string) => lastLine.above(() => write(text));
  const [stdout, stderr] = [above(io.stdout), above(io.stderr)];
  const people = isJson ? stderr : stdout;
  const warned = new Set<string>();
  const report: Report = {
    io,
    isJson,
    colors,
    lastLine,
    print: (line = "") => people(`${line}\n`),
    write: (text) => people(text),
    note: (line) => stderr(`${line}\n`),
    emit: (event) => {
      if (isJson) stdout(`${JSON.stringify(event, finiteOrNull)}\n`);
    },
    warn: ({ message }) => {
      // A model that is opened twice – to be merged, and to be checked – warns twice.
      if (warned.has(message)) return;
      warned.add(message);
      stderr(`${colors.yellow("warning:")} ${escapeControls(asFlags(message))}\n`);
    },
    count: (of) => startCount(report, of),
  };
  return report;
}

/** Maps and big integers have no JSON of their own; NaN and Infinity become null, as JSON.stringify does anyway. */
function finiteOrNull(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === "bigint" ? value.toString() : value;
}
