export { dequantize } from "./dequantize.ts";
export { GgufError } from "./errors.ts";
export { type GgufFile, openGguf } from "./open.ts";
export { openGgufParts } from "./split-files.ts";
export { ggufChunks, type WritableTensor } from "./writing/write.ts";
