// Graphics interfaces that are computed by the processor are slower than wasm: their names give them away.

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i;

/** Whether a graphics adapter's name is that of a program. */
export function isSoftwareName(name: string): boolean {
  return softwareNames.test(name);
}
