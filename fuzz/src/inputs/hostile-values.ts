// What programs stumble over: numbers at their limits, names that mean something to JavaScript or to a terminal.

import { Entries, type JsonTree, Raw } from "./json-tree.ts";
import type { Random } from "./random.ts";

/** Written as they stand: JSON.stringify would tidy most of them up. */
const numbers = [
  ..."0 -0 1 -1 2 3 7 8 255 256 0.5 2.0 2e0 1e-7 1e308 1e999 -1e999 4096 4097 65536 1000000".split(" "),
  ..."2147483647 2147483648 4294967296 9007199254740991 9007199254740993 9223372036854775807".split(" "),
  ..."18446744073709551615 18446744073709551616 NaN Infinity 01 0x10".split(" "),
];

const strings = [
  ...["", " ", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "null", "NaN", "0", "1"],
  ...["\0", "a\0b", "\u001b[31mred\u001b[0m", "\u202etxt.exe", "\ud800", "\u2028", "\ufeff", "\r\n", "🦙", "e\u0301"],
  ...["../../etc/passwd", "/dev/zero", "C:\\con", "%s%n", "(a+)+$", "(?=x)", "[", ".*", "a|b", "$&", "{{ x }}"],
];

const longest = 5000;

export function hostileText(random: Random): string {
  if (random.chance(0.05)) return random.pick(["a", "é", "\0", "(", "\u001b"]).repeat(random.integer(longest));
  return random.pick(strings);
}

export function hostileTree(random: Random): JsonTree {
  switch (random.integer(9)) {
    case 0:
      return random.pick([null, true, false]);
    case 1:
      return [];
    case 2:
      return new Entries([]);
    case 3:
      return nested(random, random.pick([1, 2, 17, 40, 2000]));
    case 4:
      return random.list(40, () => random.integer(4));
    case 5:
      return new Entries([["__proto__", new Entries([["polluted", true]])]]);
    case 6:
      return hostileText(random);
    default:
      return new Raw(random.pick(numbers));
  }
}

function nested(random: Random, depth: number): Raw {
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ] as const);
  return new Raw(`${open.repeat(depth)}0${close.repeat(depth)}`);
}
