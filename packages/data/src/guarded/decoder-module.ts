// What a decoder and the thread that it runs in tell each other.

/** Gives a decoder some of the bytes of a file that it was not sent. */
export type ReadBytes = (start: number, end: number) => Promise<ArrayBuffer>;

/** Begins to decode one file: what it returns is called one input after another. */
export type OpenDecoder<Input, Output> = (read: ReadBytes) => (input: Input) => Output | Promise<Output>;

/** A module that exports `open`. */
export interface DecoderModule<Input, Output> {
  /** Its address; undefined where nothing can start a thread. */
  url(): string | undefined;
  /** The same module, for hosts without threads. */
  load(): Promise<{ readonly open: OpenDecoder<Input, Output> }>;
}

export type ToThread =
  | { readonly kind: "decode"; readonly call: number; readonly input: unknown }
  | { readonly kind: "bytes"; readonly place: number; readonly bytes: ArrayBuffer }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "read"; readonly place: number; readonly start: number; readonly end: number }
  | { readonly kind: "decoded"; readonly call: number; readonly output: unknown }
  | { readonly kind: "failed"; readonly call: number; readonly message: string; readonly code: unknown };

/** The buffers that a message is to hand over rather than copy: those that its byte arrays fill. */
export function buffersOf(message: unknown): ArrayBuffer[] {
  const values = typeof message === "object" && message !== null ? Object.values(message) : [];
  return values.flatMap((value) =>
    value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.length === value.buffer.byteLength
      ? [value.buffer]
      : [],
  );
}
