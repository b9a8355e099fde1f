export type { GgufSource } from "./binary-reader.ts";
export { dequantizableTypes, dequantize, type TypeReader, typeReader } from "./dequantize.ts";
export { GgufError, type GgufErrorCode, type GgufErrorPlace } from "./errors.ts";
export type { GgufValue } from "./metadata-value.ts";
export { type GgufFile, type GgufOptions, openGguf } from "./open.ts";
export type { GgufTensorInfo } from "./parse-header.ts";
export { type GgufPart, type GgufParts, ggufPartNames, openGgufParts } from "./split-files.ts";
export type { RunNumbers, StoredRows, UnpackedBlocks } from "./unpack-blocks.ts";
export { type EncodableType, encodableTypes, encodeValues } from "./writing/encode-blocks.ts";
export {
  type GgufLayout,
  type GgufTensorOutline,
  ggufChunks,
  ggufPieces,
  layoutGguf,
  type StreamedGgufTensor,
  type WritableTensor,
  type WritableValue,
} from "./writing/write.ts";
