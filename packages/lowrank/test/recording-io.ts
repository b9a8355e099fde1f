// A CommandIo for tests: keeps what was printed.

import type { CommandIo } from "../src/cli/io.ts";

/** Both streams as text, and a way to press Ctrl-C. */
export interface RecordingIo {
  readonly io: CommandIo;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** stdout as the JSON objects of its lines. */
  readonly jsonLines: () => Record<string, unknown>[];
  readonly interrupt: () => void;
}

/** Makes a CommandIo that records. */
export function recordingIo(overrides: Partial<CommandIo> = {}): RecordingIo {
  const written = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  const io: CommandIo = {
    stdout: (text) => {
      written.stdout += text;
    },
    stderr: (text) => {
      written.stderr += text;
    },
    stdin: async function* () {},
    settled: async () => undefined,
    hasColors: false,
    environment: {},
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    interruption: () => undefined,
    ...overrides,
  };
  return {
    io,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    jsonLines: () =>
      written.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    interrupt: () => {
      for (const listener of listeners) listener();
    },
  };
}
