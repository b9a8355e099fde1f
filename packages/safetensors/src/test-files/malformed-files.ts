// 110 files made to break readers, as code, with the verdict of the reference implementation. Where ours differs, it is stricter.

import type { SafetensorsErrorCode } from "../errors.ts";
import { entry, fileOf, join, u64 } from "./bytes.ts";

export interface MalformedFile {
  readonly row: number;
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly code: SafetensorsErrorCode;
  /** The reference's verdict, if it differs. */
  readonly reference?: string;
}

const json = "InvalidHeaderDeserialization";
const pair = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
const big = (exponent: bigint, add = 0n) => `${2n ** exponent + add}`;

function named(body: string, data: number | Uint8Array = 8): Uint8Array {
  return fileOf(`{"a":${body}}`, data);
}
function metadata(value: string): Uint8Array {
  return fileOf(`{"__metadata__":${value}}`);
}

type Row = [row: number, what: string, bytes: Uint8Array, code: SafetensorsErrorCode, reference?: string];

const headers: Row[] = [
  [1, "nothing at all", new Uint8Array(), "HeaderTooSmall"],
  [2, "seven bytes", new Uint8Array(7), "HeaderTooSmall"],
  [3, "a header of no bytes", new Uint8Array(8), json],
  [4, "a header one byte longer than the file", fileOf("{}", 0, 3), "InvalidHeaderLength"],
  [5, "a header just over the format's limit", fileOf("{}", 0, 100_000_001), "HeaderTooLarge"],
  [6, "a header of 2^64 - 1 bytes", fileOf("{}", 0, 2n ** 64n - 1n), "HeaderTooLarge"],
  [7, "a header of 2^53 + 1 bytes", fileOf("{}", 0, 2n ** 53n + 1n), "HeaderTooLarge"],
  [8, "a header of 2^63 bytes", fileOf("{}", 0, 2n ** 63n), "HeaderTooLarge"],
  [9, "a length in big-endian order", join(u64(2n).reverse(), "{}"), "HeaderTooLarge"],
  [10, "a byte that is no UTF-8", fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)), "InvalidHeader"],
  [11, "an overlong slash in a name", fileOf(join('{"', Uint8Array.of(0xc0, 0xaf), `":${pair}}`), 8), "InvalidHeader"],
  [
    12,
    "a surrogate's bytes in a name",
    fileOf(join('{"', Uint8Array.of(0xed, 0xa0, 0x80), `":${pair}}`), 8),
    "InvalidHeader",
  ],
  [13, "a byte order mark", fileOf("\ufeff{}"), json],
  [14, "a header cut off", fileOf('{"a":'), json],
  [15, "an array as the header", fileOf("[]"), json],
  [16, "a string as the header", fileOf('"x"'), json],
  [17, "null as the header", fileOf("null"), json],
  [18, "a letter after the header", fileOf("{}x"), json],
  [19, "NUL bytes after the header", fileOf("{}\0\0\0\0"), json],
  [20, "two headers", fileOf("{}{}"), json],
  [21, "a comment", fileOf("{/* */}"), json],
  [22, "a trailing comma", fileOf(`{"a":${pair},}`, 8), json],
  [23, "NaN in a shape", named(entry("F32", "[NaN]", "[0,8]")), json],
];

const duplicates: Row[] = [
  [24, "a name twice on one range", fileOf(`{"a":${pair},"a":${pair}}`, 8), json, "accepted"],
  [
    25,
    "a name twice, as U8 and as F32",
    fileOf(`{"w":${entry("U8", "[4]", "[0,4]")},"w":${entry("F32", "[1]", "[0,4]")}}`, 4),
    json,
    "accepted as F32",
  ],
  [26, "a name twice, once escaped", fileOf(`{"a":${pair},"\\u0061":${pair}}`, 8), json, "accepted"],
  [
    27,
    "a name twice on two ranges",
    fileOf(`{"a":${pair},"a":${entry("F32", "[2]", "[8,16]")}}`, 16),
    json,
    "InvalidOffset",
  ],
  [28, "metadata twice", fileOf('{"__metadata__":{},"__metadata__":{}}'), json],
  [29, "a metadata key twice", metadata('{"k":"1","k":"2"}'), json, "accepted"],
  [30, "a dtype twice", named('{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}'), json],
];

const shapesOfEntries: Row[] = [
  [31, "a number in metadata", metadata('{"k":1}'), json],
  [32, "an object in metadata", metadata('{"k":{}}'), json],
  [33, "null in metadata", metadata('{"k":null}'), json],
  [35, "an array as metadata", metadata("[]"), json],
  [36, "a string as metadata", metadata('"x"'), json],
  [37, "metadata in the form of a tensor", fileOf(`{"__metadata__":${pair}}`, 8), json],
  [38, "null as an entry", named("null", 0), json],
  [39, "an array as an entry", named('["F32",[2],[0,8]]'), json, "accepted"],
  [40, "an entry without dtype", named('{"shape":[2],"data_offsets":[0,8]}'), json],
  [41, "an entry without shape", named('{"dtype":"F32","data_offsets":[0,8]}'), json],
  [42, "an entry without data_offsets", named('{"dtype":"F32","shape":[2]}'), json],
  [44, "the dtype F33", named(entry("F33", "[2]", "[0,8]")), json],
  [45, "the dtype f32", named(entry("f32", "[2]", "[0,8]")), json],
  [46, "a number as the dtype", named('{"dtype":32,"shape":[2],"data_offsets":[0,8]}'), json],
  [47, "the dtype __proto__", named(entry("__proto__", "[2]", "[0,8]")), json],
  [48, "the dtype toString", named(entry("toString", "[2]", "[0,8]")), json],
  [49, "a negative dimension", named(entry("F32", "[-2]", "[0,8]")), json],
  [50, "two negative dimensions", named(entry("F32", "[-1,-2]", "[0,8]")), json],
  [51, "the dimension 2.0", named(entry("F32", "[2.0]", "[0,8]")), json],
  [52, "the dimension 2e0", named(entry("F32", "[2e0]", "[0,8]")), json],
  [53, "a dimension as a string", named(entry("F32", '["2"]', "[0,8]")), json],
  [54, "a number as the shape", named(entry("F32", "2", "[0,8]")), json],
  [55, "null as a dimension", named(entry("F32", "[null]", "[0,8]")), json],
  [56, "an array as a dimension", named(entry("F32", "[[2]]", "[0,8]")), json],
  [57, "a dimension with a leading zero", named(entry("F32", "[02]", "[0,8]")), json],
  [58, "a dimension of minus zero", named(entry("F32", "[-0]", "[0,0]"), 0), json],
];

const overflows: Row[] = [
  [59, "a shape whose size wraps around", named(entry("F32", `[2,${big(64n, -2n)}]`, "[0,8]")), "ValidationOverflow"],
  [60, "a dimension of 2^64", named(entry("F32", `[${big(64n)}]`, "[0,8]")), json],
  [61, "a shape whose bits overflow", named(entry("F32", `[2,${big(63n, -1n)}]`, "[0,8]")), "ValidationOverflow"],
  [
    62,
    "a dimension of 2^53 + 1 before a 0",
    named(entry("U8", "[9007199254740993,0]", "[0,0]"), 0),
    "ValidationOverflow",
    "accepted",
  ],
  [63, "an overflow before a 0", named(entry("U8", `[${big(63n, -1n)},4,0]`, "[0,0]"), 0), "ValidationOverflow"],
  [
    64,
    "a huge dimension after a 0",
    named(entry("U8", `[0,${big(63n, -1n)},4]`, "[0,0]"), 0),
    "ValidationOverflow",
    "accepted",
  ],
  [
    65,
    "a product of 2^64, which wraps to 0",
    named(entry("U8", "[65536,65536,65536,65536]", "[0,0]"), 0),
    "ValidationOverflow",
  ],
  [
    66,
    "ten thousand dimensions",
    named(entry("U8", `[${Array(10_000).fill(1).join(",")}]`, "[0,1]"), 1),
    json,
    "accepted",
  ],
];

const offsets: Row[] = [
  [67, "a negative offset", named(entry("F32", "[2]", "[-8,0]")), json],
  [68, "offsets that run backwards", named(entry("F32", "[2]", "[8,0]")), "InvalidOffset"],
  [69, "the offset 8.0", named(entry("F32", "[2]", "[0,8.0]")), json],
  [70, "three offsets", named(entry("F32", "[2]", "[0,8,8]")), json],
  [71, "one offset", named(entry("F32", "[2]", "[0]")), json],
  [72, "offsets as strings", named(entry("F32", "[2]", '["0","8"]')), json],
  [73, "offsets past the end", named(entry("F32", "[4]", "[0,16]")), "MetadataIncompleteBuffer"],
  [74, "fewer bytes than the shape needs", named(entry("F32", "[2]", "[0,4]"), 4), "TensorInvalidInfo"],
  [75, "a first tensor that starts at 8", named(entry("F32", "[2]", "[8,16]"), 16), "InvalidOffset"],
  [76, "a hole", two("[0,8]", "[12,20]", 20), "InvalidOffset"],
  [77, "an overlap", two("[0,8]", "[4,12]", 12), "InvalidOffset"],
  [78, "two names on one range", two("[0,8]", "[0,8]", 8), "InvalidOffset"],
  [79, "one tensor within another", fileOf(`{"a":${pair},"b":${entry("U8", "[2]", "[2,4]")}}`, 8), "InvalidOffset"],
  [80, "an offset of 2^64 - 1", named(entry("U8", "[0]", `[${big(64n, -1n)},0]`), 0), "InvalidOffset"],
  [81, "one byte too many", named(pair, 9), "MetadataIncompleteBuffer"],
  [82, "one byte too few", named(pair, 7), "MetadataIncompleteBuffer"],
  [83, "data without a tensor", fileOf("{}", 4), "MetadataIncompleteBuffer"],
  [84, "a zip archive's end behind a valid file", join(named(pair), "PK\u0005\u0006"), "MetadataIncompleteBuffer"],
  [85, "three 4-bit numbers in 1 byte", named(entry("F4", "[1,3]", "[0,1]"), 1), "MisalignedSlice"],
  [86, "three 4-bit numbers in 2 bytes", named(entry("F4", "[1,3]", "[0,2]"), 2), "MisalignedSlice"],
  [87, "two 6-bit numbers", named(entry("F6_E2M3", "[2]", "[0,1]"), 1), "MisalignedSlice"],
  [89, "100 000 open brackets", fileOf(`{"a":${"[".repeat(100_000)}`), json],
  [90, "100 000 nested objects", fileOf('{"a":'.repeat(100_000)), json],
  [91, "metadata nested 50 000 deep", metadata(`${'{"k":'.repeat(50_000)}1${"}".repeat(50_000)}`), json],
  [
    93,
    "an empty tensor inside another",
    fileOf(`{"a":${pair},"b":${entry("F32", "[0]", "[4,4]")}}`, 8),
    "InvalidOffset",
  ],
  [95, "an empty tensor past the end", fileOf(`{"a":${pair},"b":${entry("F32", "[0]", "[9,9]")}}`, 8), "InvalidOffset"],
  [99, "a lone surrogate in a name", fileOf(`{"\\ud800":${pair}}`, 8), json],
  [101, "a raw NUL in a name", fileOf(`{"a\0":${pair}}`, 8), json],
];

function two(first: string, second: string, data: number): Uint8Array {
  return fileOf(`{"a":${entry("F32", "[2]", first)},"b":${entry("F32", "[2]", second)}}`, data);
}

export const malformedFiles: readonly MalformedFile[] = [
  ...headers,
  ...duplicates,
  ...shapesOfEntries,
  ...overflows,
  ...offsets,
].map(([row, what, bytes, code, reference]) => ({
  row,
  what,
  bytes,
  code,
  ...(reference === undefined ? {} : { reference }),
}));
