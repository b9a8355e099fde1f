// Weights that files hold as blocks of few bits and their scales (MXFP4, GPT-OSS): two tensors for one of the model's.

const [blocksEnd, scalesEnd] = ["_blocks", "_scales"];

/** Of each such weight – by the key that it has where it is one tensor – the keys of its blocks and its scales. */
export function planBlocks(fileKeys: Iterable<string>): ReadonlyMap<string, readonly [blocks: string, scales: string]> {
  const keys = new Set(fileKeys);
  const names = [...keys].flatMap((key) => (key.endsWith(blocksEnd) ? [key.slice(0, -blocksEnd.length)] : []));
  return new Map(
    names
      .filter((name) => keys.has(name + scalesEnd))
      .map((name) => [name, [name + blocksEnd, name + scalesEnd] as const]),
  );
}
