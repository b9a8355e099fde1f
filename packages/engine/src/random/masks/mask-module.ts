// mask-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source
// again and compares.

/** The module's bytes in base64. */
export const maskKernelBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABFQNgBH9/f38AYAR/f399AGADf39/AAIRAQVtYXNrcwZtZW1vcnkCAAEDBQQAAQECBywEBHNlZWQAAAlkcmF3Qnl0ZXMA",
  "AQpkcmF3SGFsdmVzAAIIbXVsdGlwbHkAAwrcDQTdBgIFewF/IAD9ESEEIAH9ESEFQdq3xN4BIAAgAXNz/REhBgNAIAL9Ef0MAAAAAAEA",
  "AAACAAAAAwAAAP2uASAE/a4BIQcgA/0RIAX9rgEhCCAHIAj9rgEhByAHIAhBDf2rASAIQRP9rQH9UP1RIQggByAI/a4BIQcgByAIQQ/9",
  "qwEgCEER/a0B/VD9USEIIAcgCP2uASEHIAcgCEEa/asBIAhBBv2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBBv2rASAIQRr9rQH9UP1RIQgg",
  "ByAF/a4BIQcgCCAG/a4BQQH9Ef2uASEIIAcgCP2uASEHIAcgCEER/asBIAhBD/2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBHf2rASAIQQP9",
  "rQH9UP1RIQggByAI/a4BIQcgByAIQRD9qwEgCEEQ/a0B/VD9USEIIAcgCP2uASEHIAcgCEEY/asBIAhBCP2tAf1Q/VEhCCAHIAb9rgEh",
  "ByAIIAT9rgFBAv0R/a4BIQggByAI/a4BIQcgByAIQQ39qwEgCEET/a0B/VD9USEIIAcgCP2uASEHIAcgCEEP/asBIAhBEf2tAf1Q/VEh",
  "CCAHIAj9rgEhByAHIAhBGv2rASAIQQb9rQH9UP1RIQggByAI/a4BIQcgByAIQQb9qwEgCEEa/a0B/VD9USEIIAcgBP2uASEHIAggBf2u",
  "AUED/RH9rgEhCCAHIAj9rgEhByAHIAhBEf2rASAIQQ/9rQH9UP1RIQggByAI/a4BIQcgByAIQR39qwEgCEED/a0B/VD9USEIIAcgCP2u",
  "ASEHIAcgCEEQ/asBIAhBEP2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBGP2rASAIQQj9rQH9UP1RIQggByAF/a4BIQcgCCAG/a4BQQT9Ef2u",
  "ASEIIAcgCP2uASEHIAcgCEEN/asBIAhBE/2tAf1Q/VEhCCAHIAj9rgEhByAHIAhBD/2rASAIQRH9rQH9UP1RIQggByAI/a4BIQcgByAI",
  "QRr9qwEgCEEG/a0B/VD9USEIIAcgCP2uASEHIAcgCEEG/asBIAhBGv2tAf1Q/VEhCCAHIAb9rgEhByAIIAT9rgFBBf0R/a4BIQggCSAH",
  "/QsEACAJIAj9CwQQIAJBBGohAiAJQSBqIglBgAFJDQALC8oDAQ97IAP9EyESIAL9DyEPQQD9AAQAIQRBAP0ABBAhBUEA/QAEICEGQQD9",
  "AAQwIQdBAP0ABEAhCUEA/QAEUCEKQQD9AARgIQtBAP0ABHAhDANAIAQgB/2uASEOIAQgDkEH/asBIA5BGf2tAf1Q/a4BIQggBUEJ/asB",
  "IQ4gBiAE/VEhBiAHIAX9USEHIAUgBv1RIQUgBCAH/VEhBCAGIA79USEGIAdBC/2rASAHQRX9rQH9UCEHIAkgDP2uASEOIAkgDkEH/asB",
  "IA5BGf2tAf1Q/a4BIQ0gCkEJ/asBIQ4gCyAJ/VEhCyAMIAr9USEMIAogC/1RIQogCSAM/VEhCSALIA79USELIAxBC/2rASAMQRX9rQH9",
  "UCEMIAggD/0sIRAgEP2HASERIAAgEiAR/acB/U79CwQAIAAgEiAR/agB/U79CwQQIBD9iAEhESAAIBIgEf2nAf1O/QsEICAAIBIgEf2o",
  "Af1O/QsEMCANIA/9LCEQIBD9hwEhESAAIBIgEf2nAf1O/QsEQCAAIBIgEf2oAf1O/QsEUCAQ/YgBIREgACASIBH9pwH9Tv0LBGAgACAS",
  "IBH9qAH9Tv0LBHAgAEGAAWoiACABSQ0ACwuAAwEPeyAD/RMhEiAC/RAhD0EA/QAEACEEQQD9AAQQIQVBAP0ABCAhBkEA/QAEMCEHQQD9",
  "AARAIQlBAP0ABFAhCkEA/QAEYCELQQD9AARwIQwDQCAEIAf9rgEhDiAEIA5BB/2rASAOQRn9rQH9UP2uASEIIAVBCf2rASEOIAYgBP1R",
  "IQYgByAF/VEhByAFIAb9USEFIAQgB/1RIQQgBiAO/VEhBiAHQQv9qwEgB0EV/a0B/VAhByAJIAz9rgEhDiAJIA5BB/2rASAOQRn9rQH9",
  "UP2uASENIApBCf2rASEOIAsgCf1RIQsgDCAK/VEhDCAKIAv9USEKIAkgDP1RIQkgCyAO/VEhCyAMQQv9qwEgDEEV/a0B/VAhDCAIIA/9",
  "NiANIA/9Nv1lIRAgEP2HASERIAAgEiAR/acB/U79CwQAIAAgEiAR/agB/U79CwQQIBD9iAEhESAAIBIgEf2nAf1O/QsEICAAIBIgEf2o",
  "Af1O/QsEMCAAQcAAaiIAIAFJDQALCy0AA0AgACAA/QAEACAC/QAEAP3mAf0LBAAgAkEQaiECIABBEGoiACABSQ0ACws=",
].join("");

/** The module's exports: see mask-kernel.wat. */
interface MaskFunctions {
  seed(word0: number, word1: number, counter: number, stream: number): void;
  drawBytes(target: number, end: number, threshold: number, factor: number): void;
  drawHalves(target: number, end: number, threshold: number, factor: number): void;
  multiply(numbers: number, end: number, factors: number): void;
}

/** Compiles the module for a memory. Throws if WebAssembly or its vectors are missing or forbidden. */
export function maskModule(memory: WebAssembly.Memory): MaskFunctions {
  const bytes = Uint8Array.from(atob(maskKernelBase64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { masks: { memory } });
  // The exports of the bytes above are known.
  return exports as unknown as MaskFunctions;
}
