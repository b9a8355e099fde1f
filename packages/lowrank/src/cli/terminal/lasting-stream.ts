// A stream that may lose its reader, its disk or its terminal, for which Node would end the process.

/** Writes, as long as that works. */
export interface LastingStream {
  /** Writes, or drops the text after a failure; never throws. */
  readonly write: (text: string) => void;
  /** Resolves when all was written, or it is known that it was not. */
  readonly settled: () => Promise<void>;
}

/** Writes to a stream whose failure is nobody's but the listener's, who is called at most once. */
export function lastingStream(
  stream: NodeJS.WriteStream,
  onFailure: (error: NodeJS.ErrnoException) => void,
): LastingStream {
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
    // The failure of a write is told after its callback.
    settled: () => new Promise((resolve) => stream.write("", () => setImmediate(resolve))),
  };
}
