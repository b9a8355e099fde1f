export { type Inexpressible, InexpressibleAdapterError } from "./gguf/inexpressible-adapter-error.ts";
export { readGgufAdapter } from "./gguf/read-gguf-adapter.ts";
export { type WriteGgufAdapterOptions, writeGgufAdapter } from "./gguf/write-gguf-adapter.ts";
