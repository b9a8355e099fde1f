// Which instructions for products a processor has. Cloud machines call processors of several generations by one name, of which
// some multiply in 8 bits or bf16 and some do not: figures of one are not comparable with those of another.

/** What Linux calls them, and what we do. */
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
