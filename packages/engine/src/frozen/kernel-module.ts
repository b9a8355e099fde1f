// decode-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source
// again and compares.

/** The module's bytes in base64. */
export const kernelBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABEQJgB39/f39/f38AYAN/f38AAhIBBmZyb3plbgZtZW1vcnkCAAEDBQQAAAEBByAEB25pYmJsZXMAAAVieXRlcwAB",
  "BGJmMTYAAgNmMTYAAwq1BAS4AQMCewJ/AXsDQCAD/QkCACEHIAT9CQIAIQggASAGaiEKA0AgASgCACEJIAAgCCAHIAIgCUEFdkH4",
  "D3FqIAIgCUEDdEH4D3Fq/V0DAP1XAwAB/eYB/eQB/QsEACAAIAggByACIAlBFXZB+A9xaiACIAlBDXZB+A9xav1dAwD9VwMAAf3m",
  "Af3kAf0LBBAgAEEgaiEAIAFBBGoiASAKSQ0ACyADQQRqIQMgBEEEaiEEIAVBAWsiBQ0ACwunAQICewJ/A0AgA/0JAgAhByAE/QkC",
  "ACEIIAEgBmohCgNAIAEoAgAhCSAAIAggByACIAlBFnZB/AdxaiACIAlBDnZB/AdxaiACIAlBBnZB/AdxaiACIAlBAnRB/Adxav1c",
  "AgD9VgIAAf1WAgAC/VYCAAP95gH95AH9CwQAIABBEGohACABQQRqIgEgCkkNAAsgA0EEaiEDIARBBGohBCAFQQFrIgUNAAsLKQAD",
  "QCAAIAH9BAMAQRD9qwH9CwQAIABBEGohACABQQhqIgEgAkkNAAsLpQEBAnsDQCAB/QQDACEDIAP9DP9/AAD/fwAA/38AAP9/AAD9",
  "TkEN/asBIQQgACAE/QwAAIB3AACAdwAAgHcAAIB3/eYBIAT9DAAAgA8AAIAPAACADwAAgA/9QP0MAACAfwAAgH8AAIB/AACAf/1O",
  "/VAgA/0MAIAAAACAAAAAgAAAAIAAAP1OQRD9qwH9UP0LBAAgAEEQaiEAIAFBCGoiASACSQ0ACws=",
].join("");

/** Addresses in bytes; see decode-kernel.wat. */
type DecodeBlocks = (
  target: number,
  codes: number,
  table: number,
  scales: number,
  minima: number,
  blocks: number,
  blockBytes: number,
) => void;

/** Reads bits from their address up to `end`. */
type DecodeHalves = (target: number, bits: number, end: number) => void;

/** What the module exports. */
export interface KernelFunctions {
  readonly nibbles: DecodeBlocks;
  readonly bytes: DecodeBlocks;
  readonly bf16: DecodeHalves;
  readonly f16: DecodeHalves;
}

/** Compiles the module for a memory. Throws where WebAssembly or its vectors are missing or forbidden. */
export function kernelModule(memory: WebAssembly.Memory): KernelFunctions {
  const bytes = Uint8Array.from(atob(kernelBase64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { frozen: { memory } });
  // The bytes above are known, and so is what they export.
  return exports as unknown as KernelFunctions;
}
