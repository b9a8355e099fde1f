// All that reads .gguf files, loaded with the first of them: a page's visitors need not wait for what few of them bring.

export { readGgufAdapter } from "@lowrank/adapter-format/gguf";
export { ggufPoolingTypes } from "@lowrank/contracts/families/gguf";
export { openGguf, openGgufParts } from "@lowrank/gguf";
export { loadGguf, readGgufConfig } from "@lowrank/models";
