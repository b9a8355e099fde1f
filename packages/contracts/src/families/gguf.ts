// The tables of model types in GGUF: names of tensors and metadata.
export { configFromGguf } from "./gguf/config-from-gguf.ts";
export { ggufFromConfig } from "./gguf/gguf-from-config.ts";
export { ggufNameOf, ggufParameterOf, ggufPoolingTypes } from "./gguf/gguf-names.ts";
export { ropeFactorTensors } from "./gguf/gguf-rope.ts";
export type { GgufChange, GgufTable } from "./gguf/gguf-table.ts";
export { ggufTableFor, ggufTableOf } from "./gguf/gguf-tables.ts";
export { reorderRows, type StoredRow, storedRowOf } from "./gguf/stored-rows.ts";
