// row-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source again
// and compares.

/** The module's bytes in base64. */
export const rowModuleBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABGANgBX9/f39/AGABewF7YAd/f39/f39/AAIQAQRyb3dzBm1lbW9yeQIAAQMEAwABAgcUAgNhZGQAAAphZGRSb3VuZGVkAAIK8wcDqAMC",
  "A38FeyAAIARqIQUCQANAIAUgAGtBwABJDQH9DAAAAAAAAAAAAAAAAAAAAAAhCf0MAAAAAAAAAAAAAAAAAAAAACEK/QwAAAAAAAAAAAAAAAAAAAAAIQv9",
  "DAAAAAAAAAAAAAAAAAAAAAAhDCADIQYgASEHA0AgB/0JAgAhCCAJIAggBv0ABAD95gH95AEhCSAKIAggBv0ABBD95gH95AEhCiALIAggBv0ABCD95gH9",
  "5AEhCyAMIAggBv0ABDD95gH95AEhDCAGIARqIQYgB0EEaiIHIAJJDQALIAAgAP0ABAAgCf3kAf0LBAAgACAA/QAEECAK/eQB/QsEECAAIAD9AAQgIAv9",
  "5AH9CwQgIAAgAP0ABDAgDP3kAf0LBDAgAEHAAGohACADQcAAaiEDDAALCwJAA0AgACAFTw0B/QwAAAAAAAAAAAAAAAAAAAAAIQkgAyEGIAEhBwNAIAkg",
  "B/0JAgAgBv0ABAD95gH95AEhCSAGIARqIQYgB0EEaiIHIAJJDQALIAAgAP0ABAAgCf3kAf0LBAAgAEEQaiEAIANBEGohAwwACwsLPAAgAP0M/38AAP9/",
  "AAD/fwAA/38AAP2uASAAQRD9rQH9DAEAAAABAAAAAQAAAAEAAAD9Tv2uAUEQ/a0BC4kEAgR/DXsgACAFQQF0aiEHIAVBAnQhCCAG/QAEACEOIAb9AAQQ",
  "IQ8DQP0MAAAAAAAAAAAAAAAAAAAAACEQ/QwAAAAAAAAAAAAAAAAAAAAAIRH9DAAAAAAAAAAAAAAAAAAAAAAhEv0MAAAAAAAAAAAAAAAAAAAAACETIAQh",
  "CSACIQoDQCAK/QkCACELIBAgCyAJ/QAEAP3mAf3kASEQIBEgCyAJ/QAEEP3mAf3kASERIBIgCyAJ/QAEIP3mAf3kASESIBMgCyAJ/QAEMP3mAf3kASET",
  "IAkgCGohCSAKQQRqIgogA0kNAAsgAP0ABAAhDCAA/QAEECENIAz9qQFBEP2rASAQ/eQBIRAgDP2qAUEQ/asBIBH95AEhESAN/akBQRD9qwEgEv3kASES",
  "IA39qgFBEP2rASAT/eQBIRMgEBABIRQgERABIRUgEhABIRYgExABIRcgASAUIBX9hgH9CwQAIAEgFiAX/YYB/QsEECAOIBAgFEEQ/asB/eUB/eABIBEg",
  "FUEQ/asB/eUB/eAB/ekBIBIgFkEQ/asB/eUB/eABIBMgF0EQ/asB/eUB/eAB/ekB/ekB/ekBIQ4gDyAQ/eABIBH94AH9uQEgEv3gASAT/eAB/bkB/bkB",
  "/bkBIQ8gAUEgaiEBIARBwABqIQQgAEEgaiIAIAdJDQALIAYgDv0LBAAgBiAP/QsEEAs=",
].join("");

/** What the module exports; see row-kernel.wat. */
export interface RowFunctions {
  add(target: number, left: number, leftEnd: number, right: number, width: number): void;
  addRounded(
    ...places: readonly [
      source: number,
      target: number,
      left: number,
      leftEnd: number,
      right: number,
      columns: number,
      facts: number,
    ]
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The module for a memory. Throws where WebAssembly or its vectors are missing or forbidden. */
export function rowModule(memory: WebAssembly.Memory): RowFunctions {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(rowModuleBase64), (character) => character.charCodeAt(0)));
  // The bytes above are known, and so is what they export.
  return new WebAssembly.Instance(compiled, { rows: { memory } }).exports as unknown as RowFunctions;
}
