// mask-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source
// again and compares.

/** The module's bytes in base64. */
export const maskKernelBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABFQNgBH9/f38AYAN/f38AYAR/f399AAIRAQVtYXNrcwZtZW1vcnkCAAEDBgUAAQECAQc1BQRzZWVkAAAJZHJhd0J5dGVz",
  "AAEKZHJhd0hhbHZlcwACBmV4cGFuZAADCG11bHRpcGx5AAQK8AwF3QYCBXsBfyAA/REhBCAB/REhBUHat8TeASAAIAFzc/0RIQYDQCAC",
  "/RH9DAAAAAABAAAAAgAAAAMAAAD9rgEgBP2uASEHIAP9ESAF/a4BIQggByAI/a4BIQcgByAIQQ39qwEgCEET/a0B/VD9USEIIAcgCP2u",
  "ASEHIAcgCEEP/asBIAhBEf2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBGv2rASAIQQb9rQH9UP1RIQggByAI/a4BIQcgByAIQQb9qwEgCEEa",
  "/a0B/VD9USEIIAcgBf2uASEHIAggBv2uAUEB/RH9rgEhCCAHIAj9rgEhByAHIAhBEf2rASAIQQ/9rQH9UP1RIQggByAI/a4BIQcgByAI",
  "QR39qwEgCEED/a0B/VD9USEIIAcgCP2uASEHIAcgCEEQ/asBIAhBEP2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBGP2rASAIQQj9rQH9UP1R",
  "IQggByAG/a4BIQcgCCAE/a4BQQL9Ef2uASEIIAcgCP2uASEHIAcgCEEN/asBIAhBE/2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBD/2rASAI",
  "QRH9rQH9UP1RIQggByAI/a4BIQcgByAIQRr9qwEgCEEG/a0B/VD9USEIIAcgCP2uASEHIAcgCEEG/asBIAhBGv2tAf1Q/VEhCCAHIAT9",
  "rgEhByAIIAX9rgFBA/0R/a4BIQggByAI/a4BIQcgByAIQRH9qwEgCEEP/a0B/VD9USEIIAcgCP2uASEHIAcgCEEd/asBIAhBA/2tAf1Q",
  "/VEhCCAHIAj9rgEhByAHIAhBEP2rASAIQRD9rQH9UP1RIQggByAI/a4BIQcgByAIQRj9qwEgCEEI/a0B/VD9USEIIAcgBf2uASEHIAgg",
  "Bv2uAUEE/RH9rgEhCCAHIAj9rgEhByAHIAhBDf2rASAIQRP9rQH9UP1RIQggByAI/a4BIQcgByAIQQ/9qwEgCEER/a0B/VD9USEIIAcg",
  "CP2uASEHIAcgCEEa/asBIAhBBv2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBBv2rASAIQRr9rQH9UP1RIQggByAG/a4BIQcgCCAE/a4BQQX9",
  "Ef2uASEIIAkgB/0LBAAgCSAI/QsEECACQQRqIQIgCUEgaiIJQYABSQ0ACwu3AgEMeyAC/Q8hDkEA/QAEACEDQQD9AAQQIQRBAP0ABCAh",
  "BUEA/QAEMCEGQQD9AARAIQhBAP0ABFAhCUEA/QAEYCEKQQD9AARwIQsDQCADIAb9rgEhDSADIA1BB/2rASANQRn9rQH9UP2uASEHIARB",
  "Cf2rASENIAUgA/1RIQUgBiAE/VEhBiAEIAX9USEEIAMgBv1RIQMgBSAN/VEhBSAGQQv9qwEgBkEV/a0B/VAhBiAIIAv9rgEhDSAIIA1B",
  "B/2rASANQRn9rQH9UP2uASEMIAlBCf2rASENIAogCP1RIQogCyAJ/VEhCyAJIAr9USEJIAggC/1RIQggCiAN/VEhCiALQQv9qwEgC0EV",
  "/a0B/VAhCyAAIAcgDv0s/QsEACAAIAwgDv0s/QsEECAAQSBqIgAgAUkNAAsLswIBDHsgAv0QIQ5BAP0ABAAhA0EA/QAEECEEQQD9AAQg",
  "IQVBAP0ABDAhBkEA/QAEQCEIQQD9AARQIQlBAP0ABGAhCkEA/QAEcCELA0AgAyAG/a4BIQ0gAyANQQf9qwEgDUEZ/a0B/VD9rgEhByAE",
  "QQn9qwEhDSAFIAP9USEFIAYgBP1RIQYgBCAF/VEhBCADIAb9USEDIAUgDf1RIQUgBkEL/asBIAZBFf2tAf1QIQYgCCAL/a4BIQ0gCCAN",
  "QQf9qwEgDUEZ/a0B/VD9rgEhDCAJQQn9qwEhDSAKIAj9USEKIAsgCf1RIQsgCSAK/VEhCSAIIAv9USEIIAogDf1RIQogC0EL/asBIAtB",
  "Ff2tAf1QIQsgACAHIA79NiAMIA79Nv1l/QsEACAAQRBqIgAgAUkNAAsLcwEDeyAD/RMhBgNAIAH9AAQAIQQgBP2HASEFIAAgBiAF/acB",
  "/U79CwQAIAAgBiAF/agB/U79CwQQIAT9iAEhBSAAIAYgBf2nAf1O/QsEICAAIAYgBf2oAf1O/QsEMCAAQcAAaiEAIAFBEGoiASACSQ0A",
  "CwstAANAIAAgAP0ABAAgAv0ABAD95gH9CwQAIAJBEGohAiAAQRBqIgAgAUkNAAsL",
].join("");

/** What the module exports: see mask-kernel.wat. */
export interface MaskFunctions {
  seed(word0: number, word1: number, counter: number, stream: number): void;
  drawBytes(target: number, end: number, threshold: number): void;
  drawHalves(target: number, end: number, threshold: number): void;
  expand(target: number, decisions: number, end: number, factor: number): void;
  multiply(numbers: number, end: number, factors: number): void;
}

/** Compiles the module for a memory. Throws where WebAssembly or its vectors are missing or forbidden. */
export function maskModule(memory: WebAssembly.Memory): MaskFunctions {
  const bytes = Uint8Array.from(atob(maskKernelBase64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { masks: { memory } });
  // The bytes above are known, and so is what they export.
  return exports as unknown as MaskFunctions;
}
