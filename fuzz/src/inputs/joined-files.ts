// Several files as one input: each after a line with its name.

/** The bytes of the files, one after another. */
export function joinFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return Buffer.concat([...files].flatMap(([name, bytes]) => [Buffer.from(`\n=== ${name}\n`), bytes]));
}

/** The files of joined ones; of anything else none. */
export function splitFiles(input: Uint8Array): ReadonlyMap<string, Uint8Array> {
  // One character for each byte, so that places in the text are places in the bytes.
  const text = Buffer.from(input).toString("latin1");
  const heads = [...text.matchAll(/\n=== ([\w.-]+)\n/g)];
  return new Map(
    heads.map((head, number) => {
      const start = head.index + head[0].length;
      return [head[1] ?? "", Uint8Array.from(input.subarray(start, heads[number + 1]?.index ?? input.length))];
    }),
  );
}
