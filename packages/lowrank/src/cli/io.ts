// All that a command may touch of the process it runs in, as an argument, so that tests run commands in-process.

import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";
import { OutputLostError } from "../errors/run-errors.ts";
import { type Interruption, watchInterruptions } from "./terminal/interruptions.ts";

export interface CommandIo {
  /**
   * Writes to standard output: results, and with --json only JSON. If an earlier text could not be written, it throws
   * OutputLostError, unless the command listens for interruptions, because then its work is worth more than its output.
   */
  readonly stdout: (text: string) => void;
  /** Writes to standard error: warnings, errors, progress. Text that cannot be written is dropped. */
  readonly stderr: (text: string) => void;
  /** Standard error of a process that is not the first of several, for its own error. Its other output is silent. */
  readonly lastError?: (text: string) => void;
  /** Standard input, for the name "-"; can be read once. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Resolves when standard output is written; throws OutputLostError if some of it was lost. */
  readonly settled: () => Promise<void>;
  /** The terminal of a progress bar; absent for a pipe, a log file or CI. */
  readonly terminal?: { readonly columns: number };
  readonly hasColors: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls the listener at the first interruption; returns a function that stops listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
  readonly interruption: () => Interruption | undefined;
  /** Replaces the global fetch for downloads from the Hugging Face Hub. */
  readonly fetch?: typeof fetch;
}

export function processIo(): CommandIo {
  outliveTerminals();
  const interruptions = watchInterruptions(process.env);
  let lost: OutputLostError | undefined;
  const stdout = lastingStream(process.stdout, (error) => {
    if (isClosedTerminal(error)) return; // nobody reads a closed terminal; signals say whether to stop
    lost = new OutputLostError(error);
    if (lost.isReaderGone) interruptions.interrupt("SIGPIPE");
  });
  const stderr = lastingStream(process.stderr, () => undefined);
  const mayLose = (text: string) => {
    if (lost !== undefined && !interruptions.isListening()) throw lost;
    stdout.write(text);
  };
  return {
    stdout: mayLose,
    stderr: stderr.write,
    stdin: () => process.stdin,
    settled: async () => {
      await stdout.settled();
      if (lost !== undefined) throw lost;
    },
    ...(process.stderr.isTTY ? { terminal: process.stderr } : {}),
    // isTTY is undefined, not false, for a pipe.
    hasColors: wantsColors(process.env, Boolean(process.stdout.isTTY && process.stderr.isTTY)),
    environment: process.env,
    onInterrupt: interruptions.listen,
    interruption: interruptions.first,
  };
}

function isClosedTerminal({ code }: NodeJS.ErrnoException): boolean {
  return code === "EIO" && process.stdout.isTTY;
}

/** https://no-color.org and the FORCE_COLOR habit. */
function wantsColors(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return true;
  return isTerminal && environment.TERM !== "dumb";
}

// On exit, Node restores the settings of terminals, and aborts if one of them no longer exists.

const standardStreams = [0, 1, 2];

/** Lets the process exit also if its terminal was closed: Node ignores streams that are not terminals by then. */
function outliveTerminals(): void {
  const terminals = standardStreams.filter(isatty);
  process.on("exit", () => {
    for (const descriptor of terminals.filter((each) => !isatty(each))) {
      closeSync(descriptor);
      openSync("/dev/null", "r+"); // takes the lowest number that is free
    }
  });
}

// A stream that may lose its reader, its disk or its terminal, for which Node would end the process.

interface LastingStream {
  /** Writes, or drops the text after a failure; never throws. */
  readonly write: (text: string) => void;
  /** Resolves when all was written, or it is known that it was not. */
  readonly settled: () => Promise<void>;
}

/** A stream whose write errors go only to `onFailure`, at most once. */
function lastingStream(stream: NodeJS.WriteStream, onFailure: (error: NodeJS.ErrnoException) => void): LastingStream {
  let hasFailed = false;
  stream.on("error", (error) => {
    if (hasFailed) return;
    hasFailed = true;
    onFailure(error);
  });
  return {
    write: (text) => {
      if (!hasFailed) stream.write(text);
    },
    // The error of a write is reported after its callback.
    settled: () => new Promise((resolve) => stream.write("", () => setImmediate(resolve))),
  };
}

/** "lowrank", preceded by npx or the repository's npm script if the program was started with it. */
export function programName({ environment }: Pick<CommandIo, "environment">): string {
  if (environment.npm_lifecycle_event === "lowrank") return "npm run lowrank --";
  return environment.npm_lifecycle_event === "npx" ? "npx lowrank" : "lowrank";
}
