export { configFromGguf, type GgufConfigOptions } from "./gguf/config-from-gguf.ts";
export { type GgufConfig, type GgufEntry, ggufFromConfig } from "./gguf/gguf-from-config.ts";
export { type GgufPlace, ggufNameOf, ggufPlaceOf, ggufPoolingTypes } from "./gguf/gguf-names.ts";
export { ropeFactorTensors } from "./gguf/gguf-rope.ts";
export type { GgufChange, GgufConfigRow, GgufNameRow, GgufOwnKeys, GgufTable } from "./gguf/gguf-table.ts";
export { ggufTableFor, ggufTableOf } from "./gguf/gguf-tables.ts";
export { reorderRows, type StoredRow, storedRowOf } from "./gguf/stored-rows.ts";
