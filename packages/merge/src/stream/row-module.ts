// row-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source again
// and compares.

/** The module's bytes in base64. */
export const rowModuleBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABCQFgBX9/f39/AAIQAQRyb3dzBm1lbW9yeQIAAQMCAQAHBwEDYWRkAAAKqwMBqAMCA38FeyAAIARqIQUCQANAIAUgAGtBwABJDQ",
  "H9DAAAAAAAAAAAAAAAAAAAAAAhCf0MAAAAAAAAAAAAAAAAAAAAACEK/QwAAAAAAAAAAAAAAAAAAAAAIQv9DAAAAAAAAAAAAAAAAAAAAAAhDCAD",
  "IQYgASEHA0AgB/0JAgAhCCAJIAggBv0ABAD95gH95AEhCSAKIAggBv0ABBD95gH95AEhCiALIAggBv0ABCD95gH95AEhCyAMIAggBv0ABDD95g",
  "H95AEhDCAGIARqIQYgB0EEaiIHIAJJDQALIAAgAP0ABAAgCf3kAf0LBAAgACAA/QAEECAK/eQB/QsEECAAIAD9AAQgIAv95AH9CwQgIAAgAP0A",
  "BDAgDP3kAf0LBDAgAEHAAGohACADQcAAaiEDDAALCwJAA0AgACAFTw0B/QwAAAAAAAAAAAAAAAAAAAAAIQkgAyEGIAEhBwNAIAkgB/0JAgAgBv",
  "0ABAD95gH95AEhCSAGIARqIQYgB0EEaiIHIAJJDQALIAAgAP0ABAAgCf3kAf0LBAAgAEEQaiEAIANBEGohAwwACwsL",
].join("");

/** What the module exports; see row-kernel.wat. */
export interface RowFunctions {
  add(target: number, left: number, leftEnd: number, right: number, width: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The module for a memory. Throws where WebAssembly or its vectors are missing or forbidden. */
export function rowModule(memory: WebAssembly.Memory): RowFunctions {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(rowModuleBase64), (character) => character.charCodeAt(0)));
  // The bytes above are known, and so is what they export.
  return new WebAssembly.Instance(compiled, { rows: { memory } }).exports as unknown as RowFunctions;
}
