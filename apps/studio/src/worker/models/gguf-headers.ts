// What reads a .gguf file's headers, for those who bring one.

export { openGguf, openGgufParts } from "@lowrank/gguf";
export { readGgufConfig } from "@lowrank/models";
