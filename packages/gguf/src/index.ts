export type { GgufSource } from "./binary-reader.ts";
export { dequantizableTypes, dequantize, type TypeReader, typeReader } from "./dequantize.ts";
export { GgufError } from "./errors.ts";
export type { GgufValue } from "./metadata-value.ts";
export { type GgufFile, type GgufOptions, openGguf } from "./open.ts";
export { ggufPartNames, openGgufParts } from "./split-files.ts";
export type { StoredRows } from "./unpack-blocks.ts";
export { type EncodableType, encodableTypes, encodeValues } from "./writing/encode-blocks.ts";
export {
  ggufChunks,
  ggufPieces,
  layoutGguf,
  type StreamedGgufTensor,
  type WritableTensor,
  type WritableValue,
} from "./writing/write.ts";
