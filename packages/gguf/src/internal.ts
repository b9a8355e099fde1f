// Names that only our own packages import. They may change in any release.

export type { GgufSource } from "./binary-reader.ts";
export { dequantizableTypes, type TypeReader, typeReader } from "./dequantize.ts";
export type { GgufValue } from "./metadata-value.ts";
export { ggufPartNames } from "./split-files.ts";
export type { StoredRows } from "./unpack-blocks.ts";
export { type EncodableType, encodableTypes, encodeValues } from "./writing/encode-blocks.ts";
export { ggufPieces, layoutGguf, type StreamedGgufTensor, type WritableValue } from "./writing/write.ts";
