// The messages between a decoder's thread and the main thread, and the interface of decoder modules.

/** Reads a range of bytes of the file, on request of a decoder. */
export type ReadBytes = (start: number, end: number) => Promise<ArrayBuffer>;

/** Starts decoding one file. Returns a function that is called with one input after another. */
export type OpenDecoder<Input, Output> = (read: ReadBytes) => (input: Input) => Output | Promise<Output>;

/** A module that exports `open`. */
export interface DecoderModule<Input, Output> {
  /** Its URL; undefined on hosts without threads. */
  url(): string | undefined;
  /** The same module, for hosts without threads. */
  load(): Promise<{ readonly open: OpenDecoder<Input, Output> }>;
}

export type ToThread =
  | { readonly kind: "decode"; readonly call: number; readonly input: unknown }
  | { readonly kind: "bytes"; readonly request: number; readonly bytes: ArrayBuffer }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "read"; readonly request: number; readonly start: number; readonly end: number }
  | { readonly kind: "decoded"; readonly call: number; readonly output: unknown }
  | { readonly kind: "failed"; readonly call: number; readonly message: string; readonly code: unknown };

/** The buffers of a message to transfer instead of copying: buffers that a byte array fills completely. */
export function buffersOf(message: unknown): ArrayBuffer[] {
  const values = typeof message === "object" && message !== null ? Object.values(message) : [];
  return values.flatMap((value) =>
    value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.length === value.buffer.byteLength
      ? [value.buffer]
      : [],
  );
}
