// A decoder that is wrong in every way that a decoder can be. Imported by its path: a thread starts with it.

const faults: Readonly<Record<string, () => unknown>> = {
  "decodes well": () => new Uint8Array([1, 2, 3]),
  refuses: () => {
    throw Object.assign(new Error("it is no picture"), { code: "NOT_A_PICTURE" });
  },
  "never ends": () => {
    for (;;);
  },
  "takes all memory": () => {
    for (const kept: Uint8Array[] = []; ; ) kept.push(new Uint8Array(2 ** 24).fill(1));
  },
  "leaves a promise to fail": () => {
    void Promise.reject(new Error("nobody waits for this"));
    return new Promise(() => {});
  },
  "ends its thread": () => process.exit(0),
};

/** Its inputs are the names of its faults, or "reads" with a range. */
export function open(read: (start: number, end: number) => Promise<ArrayBuffer>): (input: string) => unknown {
  return (input) => (input === "reads" ? read(2, 4) : faults[input]?.());
}
