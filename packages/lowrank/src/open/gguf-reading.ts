// Everything that reads .gguf files, loaded on first use: few visitors of a page need it.

export { readGgufAdapter } from "@lowrank/adapter-format/gguf";
export { ggufPoolingTypes } from "@lowrank/contracts/families/gguf";
export { openGguf, openGgufParts } from "@lowrank/gguf";
export { loadGguf, readGgufConfig } from "@lowrank/models";
