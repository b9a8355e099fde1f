// Reads a .gguf file's headers; loaded on first use.

export { openGguf, openGgufParts } from "@lowrank/gguf";
export { readGgufConfig } from "@lowrank/models";
