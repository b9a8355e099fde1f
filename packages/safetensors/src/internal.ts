// Names that only our own packages import. They may change in any release.

export type { ByteSource, TensorInfo } from "./byte-source.ts";
export { bitsOf, type Dtype, dtypes } from "./dtypes.ts";
export { type EncodableDtype, encodeFloat32, encodeNumbers } from "./numbers/encode.ts";
export { type FolderWeights, weightFileNames } from "./reading/folder-weights.ts";
export type { SafetensorsFile } from "./reading/open.ts";
export { type ParsedSafetensors, parseSafetensors } from "./reading/parse.ts";
export { openShardedSafetensors } from "./reading/sharded.ts";
export type { TensorCollection } from "./reading/tensor-collection.ts";
export type { TensorOutline } from "./writing/layout.ts";
export { type StreamedTensor, safetensorsPieces } from "./writing/write.ts";
