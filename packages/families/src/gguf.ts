export { configFromGguf } from "./gguf/config-from-gguf.ts";
export { UnsupportedArchitectureError } from "./gguf/errors.ts";
export { type GgufPlace, ggufNameOf, ggufPlaceOf } from "./gguf/gguf-names.ts";
export type { GgufConfigRow, GgufNameRow, GgufTable } from "./gguf/gguf-table.ts";
export { ggufTableOf } from "./gguf/gguf-tables.ts";
