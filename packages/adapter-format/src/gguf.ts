export { readGgufAdapter } from "./gguf/read-gguf-adapter.ts";
export { type WriteGgufAdapterOptions, writeGgufAdapter } from "./gguf/write-gguf-adapter.ts";
