// All that a command may touch of the process it runs in, as an argument, so that tests run commands in-process.

/** Streams, environment and signals of one run of the program. */
export interface CommandIo {
  /** Writes to standard output: results, and with --json nothing but JSON. */
  readonly stdout: (text: string) => void;
  /** Writes to standard error: warnings, errors, progress. */
  readonly stderr: (text: string) => void;
  /** Where a progress bar can be drawn; absent when nobody watches (a pipe, a log file, CI). */
  readonly terminal?: NodeJS.WriteStream;
  readonly hasColors: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls the listener at the first Ctrl-C or SIGTERM; returns a function that stops listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Replaces the global fetch for downloads from the Hugging Face Hub. */
  readonly fetch?: typeof fetch;
}

/** The real process. */
export function processIo(): CommandIo {
  // `lowrank inspect … | head` closes our output early; that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY ? { terminal: process.stderr } : {}),
    // isTTY is undefined, not false, for a pipe.
    hasColors: wantsColors(process.env, Boolean(process.stdout.isTTY && process.stderr.isTTY)),
    environment: process.env,
    onInterrupt: listenForInterrupt,
  };
}

/** https://no-color.org and the FORCE_COLOR habit. */
function wantsColors(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return true;
  return isTerminal && environment.TERM !== "dumb";
}

/** The second Ctrl-C falls through to Node's default and ends the process at once. */
function listenForInterrupt(listener: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const stop = () => {
    for (const signal of signals) process.removeListener(signal, interrupted);
  };
  const interrupted = () => {
    stop();
    listener();
  };
  for (const signal of signals) process.on(signal, interrupted);
  return stop;
}
