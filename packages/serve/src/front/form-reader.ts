// Splits a form (RFC 7578) as it arrives, so that a file in it is never in memory as a whole.

/**
 * Calls `onPart` with the headers of each part, then `onBytes` with its content, piece by piece. Throws for headers without end.
 *
 * Its source text runs in the front thread, as that of `frontThread`: see there.
 */
export function formReader(
  boundary: string,
  { onPart, onBytes }: { onPart(head: string): void; onBytes(bytes: Uint8Array): void },
) {
  const maxHead = 4096; // bytes
  const mark = Buffer.from(`\r\n--${boundary}`);
  const state = { part: "content" as "content" | "head" | "end", rest: Buffer.from("\r\n") };
  return {
    push(chunk: Uint8Array): void {
      if (state.part === "end") return;
      state.rest = Buffer.concat([state.rest, chunk]);
      for (;;) {
        const { rest } = state;
        if (state.part === "content") {
          const at = rest.indexOf(mark);
          const end = at < 0 ? Math.max(0, rest.length - mark.length + 1) : at;
          if (end > 0) onBytes(rest.subarray(0, end));
          state.rest = rest.subarray(at < 0 ? end : end + mark.length);
          if (at < 0) return;
          state.part = "head";
        } else {
          const isEnd = rest.toString("latin1", 0, 2) === "--";
          if (isEnd) state.part = "end";
          const end = rest.indexOf("\r\n\r\n");
          if (!isEnd && (end < 0 ? rest.length : end) > maxHead) throw new Error("headers without end");
          if (isEnd || end < 0) return;
          onPart(rest.toString("utf8", 0, end));
          state.rest = rest.subarray(end + 4);
          state.part = "content";
        }
      }
    },
    isComplete(): boolean {
      return state.part === "end";
    },
  };
}
