// decode-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source
// again and compares.

/** The module's bytes in base64. */
export const kernelBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABLQVgB39/f39/f38AYAp/f39/f39/f39/AGAFf39/f38AYAR/f39/AGADf39/AAISAQZmcm96ZW4GbWVtb3J5AgABAwgHAAABAgMEBAc2Bwdu",
  "aWJibGVzAAAFYnl0ZXMAAQVjb2RlcwACBGRvdHMAAwR0dXJuAAQEYmYxNgAFA2YxNgAGCqELB7gBAwJ7An8BewNAIAP9CQIAIQcgBP0JAgAhCCABIAZqIQoD",
  "QCABKAIAIQkgACAIIAcgAiAJQQV2QfgPcWogAiAJQQN0QfgPcWr9XQMA/VcDAAH95gH95AH9CwQAIAAgCCAHIAIgCUEVdkH4D3FqIAIgCUENdkH4D3Fq/V0D",
  "AP1XAwAB/eYB/eQB/QsEECAAQSBqIQAgAUEEaiIBIApJDQALIANBBGohAyAEQQRqIQQgBUEBayIFDQALC6cBAgJ7An8DQCAD/QkCACEHIAT9CQIAIQggASAG",
  "aiEKA0AgASgCACEJIAAgCCAHIAIgCUEWdkH8B3FqIAIgCUEOdkH8B3FqIAIgCUEGdkH8B3FqIAIgCUECdEH8B3Fq/VwCAP1WAgAB/VYCAAL9VgIAA/3mAf3k",
  "Af0LBAAgAEEQaiEAIAFBBGoiASAKSQ0ACyADQQRqIQMgBEEEaiEEIAVBAWsiBQ0ACwu4AgMCewJ/BXsDQCAF/QkCACEPIAchDQNAIA8gA/0JAgD95gEhCiAP",
  "IAT9CQIA/eYBIQsgCf0PIAsgCiAC/QAEAP3mAf3kAf1q/fgBIAsgCiAC/QAEEP3mAf3kAf1q/fgB/YUBIAsgCiAC/QAEIP3mAf3kAf1q/fgBIAsgCiAC/QAE",
  "MP3mAf3kAf1q/fgB/YUB/WX9biEOIAEgCGohDANAIAH9AAQAIRAgDiAQQQ/9D/1O/Q4hESAOIBBBBP1t/Q4hEiAAIBEgEv0NABABEQISAxMEFAUVBhYHF/0L",
  "BAAgACARIBL9DQgYCRkKGgsbDBwNHQ4eDx/9CwQQIABBIGohACABQRBqIgEgDEkNAAsgA0EEaiEDIARBBGohBCAGQQFrIQYgDUEBayINDQALIAVBBGohBSAG",
  "DQALC98BAgJ/BHsDQCADIQUgAiAEaiEG/QwAAAAAAAAAAAAAAAAAAAAAIQcgByEIIAchCSAHIQoDQCAHIAL9AAQAIAX9AAQA/eYB/eQBIQcgCCAC/QAEECAF",
  "/QAEEP3mAf3kASEIIAkgAv0ABCAgBf0ABCD95gH95AEhCSAKIAL9AAQwIAX9AAQw/eYB/eQBIQogBUHAAGohBSACQcAAaiICIAZJDQALIAcgCP3kASAJIAr9",
  "5AH95AEhByAAIAf9HwAgB/0fAZIgB/0fAiAH/R8DkpI4AgAgAEEEaiIAIAFJDQALC88CAgR/BnsgASACaiEFIAUgAmohBiAGIAJqIQcgBSEEA0AgAf0ABAAh",
  "CCAF/QAEACEJIAb9AAQAIQogB/0ABAAhCyAIIAn9DQABAgMQERITBAUGBxQVFhchDCAKIAv9DQABAgMQERITBAUGBxQVFhchDSAAIAwgDf0NAAECAwQFBgcQ",
  "ERITFBUWF/0LBAAgACADaiEAIAAgDCAN/Q0ICQoLDA0ODxgZGhscHR4f/QsEACAAIANqIQAgCCAJ/Q0ICQoLGBkaGwwNDg8cHR4fIQwgCiAL/Q0ICQoLGBka",
  "GwwNDg8cHR4fIQ0gACAMIA39DQABAgMEBQYHEBESExQVFhf9CwQAIAAgA2ohACAAIAwgDf0NCAkKCwwNDg8YGRobHB0eH/0LBAAgACADaiEAIAVBEGohBSAG",
  "QRBqIQYgB0EQaiEHIAFBEGoiASAESQ0ACwspAANAIAAgAf0EAwBBEP2rAf0LBAAgAEEQaiEAIAFBCGoiASACSQ0ACwulAQECewNAIAH9BAMAIQMgA/0M/38A",
  "AP9/AAD/fwAA/38AAP1OQQ39qwEhBCAAIAT9DAAAgHcAAIB3AACAdwAAgHf95gEgBP0MAACADwAAgA8AAIAPAACAD/1A/QwAAIB/AACAfwAAgH8AAIB//U79",
  "UCAD/QwAgAAAAIAAAACAAAAAgAAA/U5BEP2rAf1Q/QsEACAAQRBqIQAgAUEIaiIBIAJJDQALCw==",
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

type MakeCodes = (
  target: number,
  codes: number,
  levels: number,
  scales: number,
  minima: number,
  factors: number,
  blocks: number,
  blocksPerRow: number,
  blockBytes: number,
  zero: number,
) => void;

/** Writes products up to `end`. */
type MultiplyRow = (target: number, end: number, matrix: number, x: number, rowBytes: number) => void;

/** `step`: bytes from a target of four numbers to the next. */
type TurnRows = (target: number, rows: number, rowBytes: number, step: number) => void;

/** Reads bits from their address up to `end`. */
type DecodeHalves = (target: number, bits: number, end: number) => void;

/** The module's exports. */
interface KernelFunctions {
  readonly nibbles: DecodeBlocks;
  readonly bytes: DecodeBlocks;
  readonly codes: MakeCodes;
  readonly dots: MultiplyRow;
  readonly turn: TurnRows;
  readonly bf16: DecodeHalves;
  readonly f16: DecodeHalves;
}

/** Compiles the module for a memory. Throws if WebAssembly or its vectors are missing or forbidden. */
export function kernelModule(memory: WebAssembly.Memory): KernelFunctions {
  const bytes = Uint8Array.from(atob(kernelBase64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { frozen: { memory } });
  // The exports of the bytes above are known.
  return exports as unknown as KernelFunctions;
}
