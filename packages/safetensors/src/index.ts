export { blobSource, bytesSource } from "./byte-source.ts";
export { SafetensorsError } from "./errors.ts";
export { decodeToFloat32 } from "./numbers/decode.ts";
export { float32Tensor, type TensorData } from "./numbers/encode.ts";
export { openFolderWeights } from "./reading/folder-weights.ts";
export { openSafetensors } from "./reading/open.ts";
export { layoutSafetensors } from "./writing/layout.ts";
export { joinPieces, safetensorsChunks, serializeSafetensors } from "./writing/write.ts";
