// Which generation a processor is, and which instructions for products it has. Cloud machines call processors of several
// generations by one name, of which some multiply in 8 bits or bf16 and some do not: their figures are not comparable.

/** Linux' names of instruction sets, and ours. */
const known: readonly (readonly [flags: readonly string[], name: string])[] = [
  [["avx2"], "AVX2"],
  [["avx512f"], "AVX-512"],
  [["avx_vnni", "avx512_vnni"], "VNNI"],
  [["avx512_bf16", "bf16"], "bf16"],
  [["amx_int8"], "AMX"],
  [["asimddp"], "dot products"],
];

/** Those of the first processor in /proc/cpuinfo's text, in a fixed order. */
export function instructionSets(cpuinfo: string): readonly string[] {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? "";
  const flags = new Set(line.trim().split(/\s+/));
  return known.flatMap(([names, name]) => (names.some((flag) => flags.has(flag)) ? [name] : []));
}

/** AMD's, as Linux's arch/x86/kernel/cpu/amd.c has them; undefined for other makers' and unknown ones. */
export function generationOf(cpuinfo: string): string | undefined {
  if (!/^vendor_id\s*:\s*AuthenticAMD$/m.test(cpuinfo)) return undefined;
  const numberOf = (field: string) => Number(new RegExp(`^${field}\\s*:\\s*(\\d+)$`, "m").exec(cpuinfo)?.[1]);
  const [family, model] = [numberOf("cpu family"), numberOf("model")];
  if (family === 26) return model < 0x50 ? "Zen 5" : undefined;
  if (family !== 25 || model > 0xaf) return undefined;
  return model < 0x10 || (model > 0x1f && model < 0x60) ? "Zen 3" : "Zen 4";
}
