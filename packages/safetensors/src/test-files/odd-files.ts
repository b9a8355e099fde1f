// Files that look odd and are valid: a reader that refuses them would refuse real models.

import { entry, fileOf, join } from "./bytes.ts";

/** A file that must load, and the tensor names to be found in it. */
export interface OddFile {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
}

const pair = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

function one(name: string, what: string): OddFile {
  return { what, bytes: fileOf(`{${JSON.stringify(name)}:${pair}}`, 8), names: [name] };
}

function manyTensors(count: number): OddFile {
  const entries = Array.from(
    { length: count },
    (_, index) => `"t${index}":${entry("U8", "[1]", `[${index},${index + 1}]`)}`,
  );
  const names = Array.from({ length: count }, (_, index) => `t${index}`);
  return { what: `${count} tensors`, bytes: fileOf(`{${entries.join(",")}}`, count), names };
}

/** All files that must load. The numbers are those of the same table as the malformed files'. */
export const oddFiles: readonly OddFile[] = [
  {
    what: "a field that nobody knows (43)",
    bytes: fileOf(`{"a":${pair.replace("}", ',"x":[{"y":null}]}')}}`, 8),
    names: ["a"],
  },
  {
    what: "truth values of 2 and 255 (88)",
    bytes: fileOf(`{"a":${entry("BOOL", "[2]", "[0,2]")}}`, Uint8Array.of(2, 255)),
    names: ["a"],
  },
  {
    what: "an empty tensor at the start (92)",
    bytes: fileOf(`{"a":${pair},"b":${entry("F32", "[0]", "[0,0]")}}`, 8),
    names: ["b", "a"],
  },
  {
    what: "an empty tensor at the end (94)",
    bytes: fileOf(`{"a":${pair},"b":${entry("F32", "[3,0]", "[8,8]")}}`, 8),
    names: ["a", "b"],
  },
  one("__proto__", "a tensor named __proto__ (96)"),
  one("constructor", "a tensor named constructor (97)"),
  one("", "an empty name (98)"),
  one("a\0b", "an escaped NUL in a name (100)"),
  one("../../etc/passwd", "a name like a path (102)"),
  { what: "a leading space", bytes: fileOf(` {"a":${pair}}`, 8), names: ["a"] },
  { what: "a trailing tab, return and line feed", bytes: fileOf(`{"a":${pair}}\t\r\n`, 8), names: ["a"] },
  {
    what: "a header in another order than the data",
    bytes: fileOf(`{"b":${entry("F32", "[2]", "[8,16]")},"a":${pair}}`, 16),
    names: ["a", "b"],
  },
  { what: "a scalar", bytes: fileOf(`{"a":${entry("F32", "[]", "[0,4]")}}`, 4), names: ["a"] },
  { what: "a header whose length is no multiple of 8", bytes: fileOf(`{"ab":${pair}}`, 8), names: ["ab"] },
  {
    what: "a NaN with a payload",
    bytes: fileOf(`{"a":${entry("F32", "[1]", "[0,4]")}}`, Uint8Array.of(1, 2, 0xc0, 0x7f)),
    names: ["a"],
  },
  {
    what: "an F32 tensor at an odd byte",
    bytes: fileOf(
      `{"a":${entry("U8", "[1]", "[0,1]")},"b":${entry("F32", "[1]", "[1,5]")}}`,
      join(Uint8Array.of(9, 0, 0, 0x80, 0x3f)),
    ),
    names: ["a", "b"],
  },
  manyTensors(200_000),
  {
    what: "null as metadata, as MLX writes it (34)",
    bytes: fileOf(`{"__metadata__":null,"a":${pair}}`, 8),
    names: ["a"],
  },
];
