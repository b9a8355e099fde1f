// row-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source again
// and compares.

/** The module's bytes in base64. */
export const rowModuleBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABGwRgBX9/f39/AGABewF7YAN/f38AYAR/f39/AAIQAQRyb3dzBm1lbW9yeQIAAQMKCQABAQECAgMDAgdCBgNhZGQAAAh3aWRlbkYxNgAECXdp",
  "ZGVuQkYxNgAFCHJvdW5kRjE2AAYJcm91bmRCRjE2AAcKbWVhc3VyZUYzMgAICssKCagDAgN/BXsgACAEaiEFAkADQCAFIABrQcAASQ0B/QwAAAAAAAAAAAAA",
  "AAAAAAAAIQn9DAAAAAAAAAAAAAAAAAAAAAAhCv0MAAAAAAAAAAAAAAAAAAAAACEL/QwAAAAAAAAAAAAAAAAAAAAAIQwgAyEGIAEhBwNAIAf9CQIAIQggCSAI",
  "IAb9AAQA/eYB/eQBIQkgCiAIIAb9AAQQ/eYB/eQBIQogCyAIIAb9AAQg/eYB/eQBIQsgDCAIIAb9AAQw/eYB/eQBIQwgBiAEaiEGIAdBBGoiByACSQ0ACyAA",
  "IAD9AAQAIAn95AH9CwQAIAAgAP0ABBAgCv3kAf0LBBAgACAA/QAEICAL/eQB/QsEICAAIAD9AAQwIAz95AH9CwQwIABBwABqIQAgA0HAAGohAwwACwsCQANA",
  "IAAgBU8NAf0MAAAAAAAAAAAAAAAAAAAAACEJIAMhBiABIQcDQCAJIAf9CQIAIAb9AAQA/eYB/eQBIQkgBiAEaiEGIAdBBGoiByACSQ0ACyAAIAD9AAQAIAn9",
  "5AH9CwQAIABBEGohACADQRBqIQMMAAsLC4EBAQF7IAD9DP9/AAD/fwAA/38AAP9/AAD9TkEN/asBIQEgAf0MAACAdwAAgHcAAIB3AACAd/3mASAB/QwAAIAP",
  "AACADwAAgA8AAIAP/T/9DAAAgH8AAIB/AACAfwAAgH/9Tv1QIAD9DACAAAAAgAAAAIAAAACAAAD9TkEQ/asB/VALpgEBAXsgAP3gASEBIAH9DAAAAD8AAAA/",
  "AAAAPwAAAD/95AH9DAAAAD8AAAA/AAAAPwAAAD/9sQEgAf0MAfD/NwHw/zcB8P83AfD/N/2xASABQQ39rQH9DAEAAAABAAAAAQAAAAEAAAD9Tv2uAUEN/a0B",
  "IAH9DAAAgDgAAIA4AACAOAAAgDj9Of1SIABBEP2tAf0MAIAAAACAAAAAgAAAAIAAAP1O/VALPAAgAP0M/38AAP9/AAD/fwAA/38AAP2uASAAQRD9rQH9DAEA",
  "AAABAAAAAQAAAAEAAAD9Tv2uAUEQ/a0BC0gCAX8BeyAAIAJBAXRqIQMDQCAA/QAEACEEIAEgBP2pARAB/QsEACABIAT9qgEQAf0LBBAgAUEgaiEBIABBEGoi",
  "ACADSQ0ACwtOAgF/AXsgACACQQF0aiEDA0AgAP0ABAAhBCABIAT9qQFBEP2rAf0LBAAgASAE/aoBQRD9qwH9CwQQIAFBIGohASAAQRBqIgAgA0kNAAsLpQEC",
  "AX8GeyAAIAJBAnRqIQQgA/0ABAAhBSAD/QAEECEGA0AgAP0ABAAhByAA/QAEECEIIAcQAiEJIAgQAiEKIAEgCSAK/YYB/QsEACAFIAcgCRAB/eUB/eABIAgg",
  "ChAB/eUB/eAB/ekB/ekBIQUgBiAH/eABIAj94AH9uQH9uQEhBiABQRBqIQEgAEEgaiIAIARJDQALIAMgBf0LBAAgAyAG/QsEEAurAQIBfwZ7IAAgAkECdGoh",
  "BCAD/QAEACEFIAP9AAQQIQYDQCAA/QAEACEHIAD9AAQQIQggBxADIQkgCBADIQogASAJIAr9hgH9CwQAIAUgByAJQRD9qwH95QH94AEgCCAKQRD9qwH95QH9",
  "4AH96QH96QEhBSAGIAf94AEgCP3gAf25Af25ASEGIAFBEGohASAAQSBqIgAgBEkNAAsgAyAF/QsEACADIAb9CwQQC0sCAX8BeyAAIAFBAnRqIQMgAv0ABBAh",
  "BANAIAQgAP0ABAD94AEgAP0ABBD94AH9uQH9uQEhBCAAQSBqIgAgA0kNAAsgAiAE/QsEEAs=",
].join("");

/** What the module exports; see row-kernel.wat. */
export interface RowFunctions {
  add(target: number, left: number, leftEnd: number, right: number, width: number): void;
  widenF16(source: number, target: number, count: number): void;
  widenBF16(source: number, target: number, count: number): void;
  roundF16(source: number, target: number, count: number, facts: number): void;
  roundBF16(source: number, target: number, count: number, facts: number): void;
  measureF32(source: number, count: number, facts: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The module for a memory. Throws where WebAssembly or its vectors are missing or forbidden. */
export function rowModule(memory: WebAssembly.Memory): RowFunctions {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(rowModuleBase64), (character) => character.charCodeAt(0)));
  // The bytes above are known, and so is what they export.
  return new WebAssembly.Instance(compiled, { rows: { memory } }).exports as unknown as RowFunctions;
}
